import { sql, type Updateable } from 'kysely'
import type { Datetime } from '../../standard/datetime.js'
import type { Circle } from '../../standard/geography.js'
import type { Store } from '../database/database.js'
import { pointOf } from '../database/geometry.js'
import type { Tables } from '../database/tables.js'
import type { ToldOfEvent } from '../events/sequence-events.js'
import { findWholeServiceRequest, type Which, type WholeServiceRequest } from './full-service-request.js'
import {
  changeServiceRequest,
  type LockedServiceRequest,
  lockServiceRequest,
} from './locked-service-request.js'

type Point = Pick<Circle, 'lat' | 'long'>

/** Columns of an address. */
export const ADDRESS = ['address', 'address_id', 'zipcode'] as const

/** What a city decided to change. */
export interface ManagedChange {
  set: Updateable<Tables['service_request']>
  /** Where it really is. */
  point?: Point
  /** What is forgotten of the place that is kept from the public. */
  forgotten?: readonly (typeof ADDRESS)[number][]
  /** Given to the agency that has such a service at such a point (null: nowhere). */
  route?: { service_code: string; point: Point | null; blur_metres: number | null }
  told: ToldOfEvent
}

/** What another service request is, of which one is to become a duplicate. */
export type Original = { id: number } | 'unknown' | 'circle'

export interface ManagePlan {
  which: Which
  /** The service_request_id of which it is to become a duplicate. */
  original: string | null
  now: Datetime
  /** What is changed, in view of what is there; null: nothing. It may refuse. */
  decide(current: LockedServiceRequest, original: Original | null): ManagedChange | null
}

/** Changes a service request as its city decides, one change after the other. Undefined if there is none. */
export async function manageServiceRequest(
  store: Store,
  { which, original: wanted, now, decide }: ManagePlan,
): Promise<WholeServiceRequest | undefined> {
  return store.transaction().execute(async (transaction) => {
    // Two at once could make a circle of duplicates that neither of them sees.
    if (wanted !== null) await lockMerging(transaction, which)
    const current = await lockServiceRequest(transaction, which)
    if (!current) return undefined
    const original = wanted === null ? null : await findOriginal(transaction, which, current.id, wanted)
    const change = decide(current, original)
    if (change) await write(transaction, current, change, now)
    return findWholeServiceRequest(transaction, which)
  })
}

async function lockMerging(transaction: Store, { jurisdiction_id, endpoint }: Which): Promise<void> {
  const name = `merging ${jurisdiction_id} ${endpoint}`
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(transaction)
}

async function findOriginal(
  transaction: Store,
  { jurisdiction_id, endpoint }: Which,
  id: number,
  service_request_id: string,
): Promise<Original> {
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

async function write(
  transaction: Store,
  current: LockedServiceRequest,
  { set, point, forgotten = [], route, told }: ManagedChange,
  now: Datetime,
): Promise<void> {
  const columns = {
    ...set,
    ...(point ? { geom: pointOf(point.lat, point.long) } : {}),
    ...(forgotten.length > 0 ? { exact: sql<never>`exact - ${forgotten}::text[]` } : {}),
    ...(route ? { agency_responsible: agencyBy(route) } : {}),
  }
  await changeServiceRequest(transaction, current, columns as ManagedChange['set'], { now, ...told })
}

/** SQL for the agency of a row that is changed; where a place is blurred, what the public can see decides. */
function agencyBy({ service_code, point, blur_metres }: NonNullable<ManagedChange['route']>) {
  const at = pointOf(point?.lat ?? null, point?.long ?? null)
  const seen = blur_metres === null ? at : sql`blurred(${at}, ${blur_metres}::integer)`
  return sql<string | null>`agency_for(jurisdiction_id, ${service_code}, areas_at(jurisdiction_id, ${seen}))`
}
