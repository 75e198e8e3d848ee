import { sql } from 'kysely'
import type { Row } from '../documents/document.js'
import type { Datetime } from '../standard/datetime.js'
import type { Endpoint, Status } from '../standard/terms.js'
import type { Store } from './database.js'
import { latOf, longOf } from './point.js'

/** Where a service request is looked for: never across jurisdictions (GR-JUR-06), never across endpoints. */
export interface Place {
  jurisdiction_id: string
  endpoint: Endpoint
}

export interface ListPlan extends Place {
  service_codes: string[] | undefined
  statuses: Status[] | undefined
  start: Datetime
  end: Datetime | null
  rows: number
}

/** The public fields of service requests, as the standard names them; reporters are in another table. */
function publicFields(store: Store, { jurisdiction_id, endpoint }: Place) {
  return store
    .selectFrom('service_request as r')
    .innerJoin('service as s', (join) =>
      join
        .onRef('s.jurisdiction_id', '=', 'r.jurisdiction_id')
        .onRef('s.service_code', '=', 'r.service_code'),
    )
    .where('r.jurisdiction_id', '=', jurisdiction_id)
    .where('r.endpoint', '=', endpoint)
    .where('r.service_request_id', 'is not', null)
    .select([
      'r.service_request_id',
      'r.status',
      'r.status_notes',
      's.service_name',
      'r.service_code',
      'r.description',
      'r.agency_responsible',
      'r.service_notice',
      'r.requested_datetime',
      'r.updated_datetime',
      'r.expected_datetime',
      'r.address',
      'r.address_id',
      'r.zipcode',
      latOf('r.geom').as('lat'),
      longOf('r.geom').as('long'),
      sql<string | null>`r.media_urls[1]`.as('media_url'),
    ])
}

/**
 * Public service requests of a time, newest first, ties by arrival (GR-LIST-07, 08, A-14); both bounds belong.
 * Of more than fit, the newest.
 */
export async function listServiceRequests(store: Store, plan: ListPlan): Promise<Row[]> {
  let query = publicFields(store, plan)
    .where('r.visibility', '=', 'public') // GR-LIST-13: before the limit
    .where('r.requested_datetime', '>=', plan.start)
  if (plan.end) query = query.where('r.requested_datetime', '<=', plan.end)
  // codes nobody knows match nothing; the filter is never dropped.
  if (plan.service_codes?.length) query = query.where('r.service_code', '=', oneOf(plan.service_codes))
  if (plan.statuses?.length) query = query.where('r.status', '=', oneOf(plan.statuses))
  return query.orderBy('r.requested_datetime', 'desc').orderBy('r.id', 'desc').limit(plan.rows).execute()
}

/** SQL to compare with: a single value keeps the order of an index, several need one parameter all the same. */
function oneOf<Value extends string>(values: readonly Value[]) {
  return values.length === 1 ? sql<Value>`${values[0]}` : sql<Value>`any(${values})`
}

/** Public service requests by their ids, newest first; ids nobody knows are missing (GR-LIST-12). */
export async function findServiceRequests(
  store: Store,
  plan: Place & { service_request_ids: string[] },
): Promise<Row[]> {
  return publicFields(store, plan)
    .where('r.visibility', '=', 'public')
    .where('r.service_request_id', '=', sql<string>`any(${plan.service_request_ids})`)
    .orderBy('r.requested_datetime', 'desc')
    .orderBy('r.id', 'desc')
    .execute()
}

/** What a reporter gave: not shown before somebody approved it, for ids may be guessed. */
const UNAPPROVED = {
  description: null,
  address: null,
  address_id: null,
  zipcode: null,
  lat: null,
  long: null,
  media_url: null,
}

/**
 * One service request by its id. While it awaits moderation its status is there, what the reporter gave is not
 * (GR-POST-17, A-61). Undefined if private or unknown.
 */
export async function findServiceRequest(
  store: Store,
  plan: Place & { service_request_id: string },
): Promise<Row | undefined> {
  const found = await publicFields(store, plan)
    .where('r.visibility', '<>', 'private')
    .where('r.service_request_id', '=', plan.service_request_id)
    .select('r.visibility')
    .executeTakeFirst()
  return found?.visibility === 'moderated' ? { ...found, ...UNAPPROVED } : found
}
