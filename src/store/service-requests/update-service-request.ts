import { sql, type Updateable } from 'kysely'
import type { Datetime } from '../../standard/datetime.js'
import type { Point } from '../../standard/geography.js'
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

export const ADDRESS_COLUMNS = ['address', 'address_id', 'zipcode'] as const

/** A change by the city API. */
export interface ServiceRequestChange {
  set: Updateable<Tables['service_request']>
  /** The location before blurring. */
  point?: Point
  /** Fields to remove from `exact_location`. */
  clearedExact?: readonly (typeof ADDRESS_COLUMNS)[number][]
  /** Assigns the agency by service and location (null: no location). */
  route?: { service_code: string; point: Point | null; blur_metres: number | null }
  event: EventContext
}

/**
 * The original of a duplicate: its number, or why it cannot be one (`circle`: it is itself a
 * duplicate of this one).
 */
export type OriginalResult = { id: number } | 'unknown' | 'cycle'

export interface UpdateServiceRequestPlan {
  locator: ServiceRequestLocator
  /** service_request_id of the original if the change makes it a duplicate. */
  original: string | null
  now: Datetime
  /** Decides the change by the current state; null: no change. May throw a Refusal. */
  decide(current: LockedServiceRequest, original: OriginalResult | null): ServiceRequestChange | null
}

/**
 * Locks a service request, changes it as `decide` returns, and returns it. Undefined if there is
 * none.
 */
export async function updateServiceRequest(
  store: Store,
  { locator, original: originalId, now, decide }: UpdateServiceRequestPlan,
): Promise<FullServiceRequest | undefined> {
  return store.transaction().execute(async (transaction) => {
    // Concurrent changes could create a circle of duplicates that none of them sees.
    if (originalId !== null) await lockDuplicates(transaction, locator)
    const current = await lockServiceRequest(transaction, locator)
    if (!current) return undefined
    const original =
      originalId === null ? null : await findOriginal(transaction, locator, current.id, originalId)
    const change = decide(current, original)
    if (change) await writeUpdate(transaction, current, change, now)
    return findFullServiceRequest(transaction, locator)
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
): Promise<OriginalResult> {
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
  return rows.some((each) => each.id === id) ? 'cycle' : first
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
    ...(clearedExact.length > 0
      ? { exact_location: sql<never>`exact_location - ${clearedExact}::text[]` }
      : {}),
    ...(route ? { agency_responsible: routedAgency(route) } : {}),
  }
  await writeChange(transaction, current, columns as ServiceRequestChange['set'], { now, ...event })
}

/** SQL for the agency of the changed row. A blurred location decides, because the agency is public. */
function routedAgency({ service_code, point, blur_metres }: NonNullable<ServiceRequestChange['route']>) {
  const at = makePoint(point?.lat ?? null, point?.long ?? null)
  const publicPoint = blur_metres === null ? at : sql`blur_point(${at}, ${blur_metres}::integer)`
  return sql<
    string | null
  >`route_agency(jurisdiction_id, ${service_code}, areas_at(jurisdiction_id, ${publicPoint}))`
}
