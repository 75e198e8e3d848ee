import { sql } from 'kysely'
import type { Row } from '../documents/document.js'
import { type Store, unconnected } from './database.js'
import { IS_UPDATE } from './notes.js'
import { PreparedStatement, slot } from './prepared.js'
import { IS_PUBLIC, type Place } from './service-requests.js'

/** Events `e` of service requests `r`, as an update is told (contract 4.3). */
export function updateFields(store: Store) {
  return store
    .selectFrom('event as e')
    .innerJoin('service_request as r', 'r.id', 'e.service_request')
    .select(['e.update_id', 'r.service_request_id'])
    .select(sql<string>`coalesce(e.detailed_status, e.status)`.as('status'))
    .select(['e.datetime as updated_datetime', 'e.description'])
    .select(sql<string | null>`e.media_urls[1]`.as('media_url'))
}

type ById = Place & { service_request_id: string }

const found = unconnected
  .selectFrom('service_request as r')
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
  .select('r.id')

const isThere = new PreparedStatement<ById>(found)

const ofOne = new PreparedStatement<ById>(
  updateFields(unconnected)
    .where('r.id', '=', found)
    .where(IS_UPDATE)
    .orderBy('e.datetime')
    .orderBy('e.event_id'),
)

/** The updates of one service request, the oldest first. Undefined if it is unknown or not public. */
export async function updatesOf(store: Store, plan: ById): Promise<Row[] | undefined> {
  const updates = await ofOne.run<Row>(store, plan)
  if (updates.length > 0) return updates
  return (await isThere.run(store, plan)).length > 0 ? [] : undefined
}
