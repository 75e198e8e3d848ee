import { type RawBuilder, sql } from 'kysely'
import type { Row } from '../../documents/document.js'
import type { Datetime } from '../../standard/datetime.js'
import { queryBuilder, type Store } from '../database/database.js'
import { PreparedStatement, param } from '../database/prepared-statement.js'
import { IS_UPDATE } from '../service-requests/notes.js'
import { type EndpointScope, IS_PUBLIC } from '../service-requests/public-service-requests.js'

/** Fields of an update (EXT-32): an event `e` of a service request `r`. */
const FIELDS: Readonly<Record<string, RawBuilder<unknown>>> = {
  update_id: sql.ref('e.update_id'),
  service_request_id: sql.ref('r.service_request_id'),
  status: sql`coalesce(e.detailed_status, e.status)`,
  description: sql.ref('e.description'),
  media_url: sql`e.media_urls[1]`,
}

const selections = Object.entries(FIELDS).map(([name, field]) => field.as(name))

/** Limits of a response. */
interface UpdateLimits {
  rows: number
  /** Sum of descriptions and media_urls in UTF-8. */
  bytes: number
}

const BYTES = sql<number>`coalesce(octet_length(e.description), 0) + coalesce(octet_length(e.media_urls[1]), 0)`

/** An update with the running sum of bytes up to it. */
type CountedUpdate = Row & { so_far: number }

/** SQL that is true for numbered rows within the limit of bytes, and for the first row beyond it. */
const withinLimits = (row: string, limits: UpdateLimits) => {
  const [nth, soFar, bytes] = ['nth', 'so_far', 'bytes'].map((name) => sql.ref(`${row}.${name}`))
  return sql<boolean>`(${nth} <= 2 or ${soFar} - ${bytes} <= ${sql.lit(limits.bytes)})`
}

/** Cuts updates to the limits, but keeps at least one. `isCut`: there are more. */
function cutToLimits(
  counted: readonly CountedUpdate[],
  limits: UpdateLimits,
): { updates: Row[]; isCut: boolean } {
  const isTooLong = counted.length > 1 && counted.at(-1)!.so_far > limits.bytes
  const isCut = isTooLong || counted.length > limits.rows
  const fitting = isCut ? counted.slice(0, -1) : counted
  return { updates: fitting.map(({ so_far: _, ...update }) => update), isCut }
}

/** More than a city publishes in the hours that FixMyStreet requests. */
export const MAX_UPDATES: UpdateLimits = { rows: 10_000, bytes: 4_000_000 }

/**
 * Lists updates of public service requests that were published from `start` to `end`, both
 * included, oldest first. By time of publication, not of the event, so that a client that polls
 * misses nothing. Undefined if there are more than MAX_UPDATES; a single update may exceed the
 * bytes.
 */
export async function listUpdates(
  store: Store,
  { jurisdiction_id, endpoint, start, end }: EndpointScope & { start: Datetime; end: Datetime | null },
): Promise<Row[] | undefined> {
  const published = store
    .selectFrom('event as e')
    .innerJoin('service_request as r', 'r.id', 'e.service_request')
    .where('e.jurisdiction_id', '=', jurisdiction_id)
    .where('e.endpoint', '=', endpoint)
    .where('e.seq', 'is not', null)
    .where(IS_UPDATE)
    .where(IS_PUBLIC)
    .where('e.published_at', '>=', start)
    .$if(end !== null, (select) => select.where('e.published_at', '<=', end))
    .select(selections)
    .select(['e.published_at as updated_datetime', 'e.seq'])
    .select(
      sql<
        string | null
      >`(select id from jsonb_array_elements_text(r.answers -> 'fixmystreet_id') as given (id)
         where id ~ '^[0-9]+$' limit 1)`.as('fixmystreet_id'),
    )
    .select(BYTES.as('bytes'))
    .orderBy('e.published_at')
    .orderBy('e.seq')
    .limit(MAX_UPDATES.rows + 1)
  const counted = store
    .selectFrom(published.as('k'))
    .selectAll()
    .select(sql<number>`row_number() over (order by k.updated_datetime, k.seq)`.as('nth'))
    .select(sql<number>`sum(k.bytes) over (order by k.updated_datetime, k.seq)`.as('so_far'))
  const rows = await store
    .selectFrom(counted.as('c'))
    .select(
      [...Object.keys(FIELDS), 'updated_datetime', 'fixmystreet_id', 'so_far'].map((name) =>
        sql.ref(`c.${name}`).as(name),
      ),
    )
    .where(withinLimits('c', MAX_UPDATES))
    .orderBy('c.updated_datetime')
    .orderBy('c.seq')
    .execute()
  const { updates, isCut } = cutToLimits(rows as unknown as CountedUpdate[], MAX_UPDATES)
  return isCut ? undefined : updates
}

type ById = EndpointScope & {
  service_request_id: string
  /** Lists updates before this update_id; null: the newest. */
  before: string | null
}

/** More than one service request gets in years. */
const MAX_UPDATES_OF_ONE: UpdateLimits = { rows: 1000, bytes: 1_000_000 }

const before = param((plan: ById) => plan.before)

const serviceRequestStatement = new PreparedStatement<ById>(
  queryBuilder
    .selectFrom('service_request as r')
    .leftJoinLateral(
      (build) =>
        build
          .selectFrom((inner) =>
            inner
              .selectFrom('event as e')
              .selectAll('e')
              .select(BYTES.as('bytes'))
              .select([
                sql<number>`row_number() over (order by e.datetime desc, e.event_id desc)`.as('nth'),
                sql<number>`sum(${BYTES}) over (order by e.datetime desc, e.event_id desc)`.as('so_far'),
              ])
              .whereRef('e.service_request', '=', 'r.id')
              .where(IS_UPDATE)
              .where(
                sql<boolean>`(${before}::uuid is null or (e.datetime, e.event_id) <
                  (select b.datetime, b.event_id from event as b
                    where b.service_request = r.id and b.update_id = ${before}::uuid))`,
              )
              .orderBy('e.datetime', 'desc')
              .orderBy('e.event_id', 'desc')
              .limit(sql.lit(MAX_UPDATES_OF_ONE.rows + 1))
              .as('n'),
          )
          .selectAll('n')
          .where(withinLimits('n', MAX_UPDATES_OF_ONE))
          .as('e'),
      (join) => join.onTrue(),
    )
    .select(selections)
    .select(['e.datetime as updated_datetime', 'e.so_far'])
    .where(
      'r.jurisdiction_id',
      '=',
      param((plan: ById) => plan.jurisdiction_id),
    )
    .where(
      'r.endpoint',
      '=',
      param((plan: ById) => plan.endpoint),
    )
    .where(
      'r.service_request_id',
      '=',
      param((plan: ById) => plan.service_request_id),
    )
    .where(IS_PUBLIC)
    .orderBy('e.datetime', 'desc')
    .orderBy('e.event_id', 'desc'),
)

/**
 * Lists the newest updates of one service request, up to MAX_UPDATES_OF_ONE, oldest first. `isCut`:
 * there are older ones. Undefined if the service request is unknown or not public.
 */
export async function listServiceRequestUpdates(
  store: Store,
  plan: ById,
): Promise<{ updates: Row[]; isCut: boolean } | undefined> {
  const rows = await serviceRequestStatement.run<CountedUpdate>(store, plan)
  if (rows.length === 0) return undefined
  const { updates, isCut } = cutToLimits(
    rows.filter(({ update_id }) => update_id !== null),
    MAX_UPDATES_OF_ONE,
  )
  return { updates: updates.reverse(), isCut }
}
