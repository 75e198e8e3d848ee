import { sql, type Updateable } from 'kysely'
import type { Datetime } from '../../standard/datetime.js'
import type { Circle } from '../../standard/geography.js'
import type { Store } from '../database/database.js'
import type { EventContext } from '../database/event-context.js'
import { makePoint } from '../database/geometry.js'
import type { Tables } from '../database/tables.js'
import {
  type FullServiceRequest,
  findFullServiceRequest,
  type ServiceRequestLocator,
} from './full-service-request.js'
import { type LockedServiceRequest, lockServiceRequest, writeChange } from './locked-service-request.js'

type Point = Pick<Circle, 'lat' | 'long'>

/** Columns of an address. */
export const ADDRESS_COLUMNS = ['address', 'address_id', 'zipcode'] as const

/** What a city decided to change. */
export interface ServiceRequestChange {
  set: Updateable<Tables['service_request']>
  /** Where it really is. */
  point?: Point
  /** What is forgotten of the place that is kept from the public. */
  clearedExact?: readonly (typeof ADDRESS_COLUMNS)[number][]
  /** Given to the agency that has such a service at such a point (null: nowhere). */
  route?: { service_code: string; point: Point | null; blur_metres: number | null }
  event: EventContext
}

/** What another service request is, of which one is to become a duplicate. */
export type DuplicateTarget = { id: number } | 'unknown' | 'circle'

export interface UpdateServiceRequestPlan {
  locator: ServiceRequestLocator
  /** The service_request_id of which it is to become a duplicate. */
  original: string | null
  now: Datetime
  /** What is changed, in view of what is there; null: nothing. It may refuse. */
  decide(current: LockedServiceRequest, original: DuplicateTarget | null): ServiceRequestChange | null
}

/** Changes a service request as its city decides, one change after the other. Undefined if there is none. */
export async function updateServiceRequest(
  store: Store,
  { locator: which, original: wanted, now, decide }: UpdateServiceRequestPlan,
): Promise<FullServiceRequest | undefined> {
  return store.transaction().execute(async (transaction) => {
    // Two at once could make a circle of duplicates that neither of them sees.
    if (wanted !== null) await lockDuplicates(transaction, which)
    const current = await lockServiceRequest(transaction, which)
    if (!current) return undefined
    const original = wanted === null ? null : await findOriginal(transaction, which, current.id, wanted)
    const change = decide(current, original)
    if (change) await writeUpdate(transaction, current, change, now)
    return findFullServiceRequest(transaction, which)
  })
}

async function lockDuplicates(
  transaction: Store,
  { jurisdiction_id, endpoint }: ServiceRequestLocator,
): Promise<void> {
  const name = `merging ${jurisdiction_id} ${endpoint}`
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(transaction)
}

async function findOriginal(
  transaction: Store,
  { jurisdiction_id, endpoint }: ServiceRequestLocator,
  id: number,
  service_request_id: string,
): Promise<DuplicateTarget> {
  const { rows } = await sql<{ id: number }>`
    with recursive original as (
      select r.id, r.duplicate_of
        from service_request as r
       where r.jurisdiction_id = ${jurisdiction_id} and r.endpoint = ${endpoint}
         and r.service_request_id = ${service_request_id}
      union
      select r.id, r.duplicate_of
        from service_request as r
        join original as o on o.duplicate_of = r.id
    )
    select id from original`.execute(transaction)
  const [first] = rows
  if (!first) return 'unknown'
  return rows.some((each) => each.id === id) ? 'circle' : first
}

async function writeUpdate(
  transaction: Store,
  current: LockedServiceRequest,
  { set, point, clearedExact = [], route, event }: ServiceRequestChange,
  now: Datetime,
): Promise<void> {
  const columns = {
    ...set,
    ...(point ? { geom: makePoint(point.lat, point.long) } : {}),
    ...(clearedExact.length > 0 ? { exact: sql<never>`exact - ${clearedExact}::text[]` } : {}),
    ...(route ? { agency_responsible: routedAgency(route) } : {}),
  }
  await writeChange(transaction, current, columns as ServiceRequestChange['set'], { now, ...event })
}

/** SQL for the agency of a row that is changed; where a place is blurred, what the public can see decides. */
function routedAgency({ service_code, point, blur_metres }: NonNullable<ServiceRequestChange['route']>) {
  const at = makePoint(point?.lat ?? null, point?.long ?? null)
  const seen = blur_metres === null ? at : sql`blurred(${at}, ${blur_metres}::integer)`
  return sql<string | null>`agency_for(jurisdiction_id, ${service_code}, areas_at(jurisdiction_id, ${seen}))`
}
