import { type RawBuilder, sql } from 'kysely'
import type { Row } from '../documents/document.js'
import type { Datetime } from '../standard/datetime.js'
import { type Store, unconnected } from './database.js'
import { IS_UPDATE } from './notes.js'
import { PreparedStatement, slot } from './prepared.js'
import { IS_PUBLIC, type Place } from './service-requests.js'

/** An event `e` of a service request `r`, as an update is told (contract 4.3). */
const FIELDS: Readonly<Record<string, RawBuilder<unknown>>> = {
  update_id: sql.ref('e.update_id'),
  service_request_id: sql.ref('r.service_request_id'),
  status: sql`coalesce(e.detailed_status, e.status)`,
  description: sql.ref('e.description'),
  media_url: sql`e.media_urls[1]`,
}

const selections = Object.entries(FIELDS).map(([name, field]) => field.as(name))

/**
 * Updates of public service requests that became known from `start` to `end`, both included, the oldest first; at most
 * `most`. By the time at which they can be read, not that at which they happened: who asks again and again for what is
 * new misses nothing.
 */
export async function listUpdates(
  store: Store,
  { jurisdiction_id, endpoint, start, end }: Place & { start: Datetime; end: Datetime | null },
  most: number,
): Promise<Row[]> {
  return store
    .selectFrom('event as e')
    .innerJoin('service_request as r', 'r.id', 'e.service_request')
    .where('e.jurisdiction_id', '=', jurisdiction_id)
    .where('e.endpoint', '=', endpoint)
    .where('e.seq', 'is not', null)
    .where(IS_UPDATE)
    .where(IS_PUBLIC)
    .where('e.told', '>=', start)
    .$if(end !== null, (select) => select.where('e.told', '<=', end))
    .select(selections)
    .select('e.told as updated_datetime')
    .select(
      sql<
        string | null
      >`(select id from jsonb_array_elements_text(r.answers -> 'fixmystreet_id') as given (id)
         where id ~ '^[0-9]+$' limit 1)`.as('fixmystreet_id'),
    )
    .orderBy('e.told')
    .orderBy('e.seq')
    .limit(most)
    .execute()
}

type ById = Place & { service_request_id: string }

const ofOne = new PreparedStatement<ById>(
  unconnected
    .selectFrom('service_request as r')
    .leftJoin('event as e', (join) => join.onRef('e.service_request', '=', 'r.id').on(IS_UPDATE))
    .select(selections)
    .select('e.datetime as updated_datetime')
    .where(
      'r.jurisdiction_id',
      '=',
      slot((plan: ById) => plan.jurisdiction_id),
    )
    .where(
      'r.endpoint',
      '=',
      slot((plan: ById) => plan.endpoint),
    )
    .where(
      'r.service_request_id',
      '=',
      slot((plan: ById) => plan.service_request_id),
    )
    .where(IS_PUBLIC)
    .orderBy('e.datetime')
    .orderBy('e.event_id'),
)

/** The updates of one service request, the oldest first. Undefined if it is unknown or not public. */
export async function updatesOf(store: Store, plan: ById): Promise<Row[] | undefined> {
  const found = await ofOne.run<Row>(store, plan)
  return found.length === 0 ? undefined : found.filter(({ update_id }) => update_id !== null)
}
