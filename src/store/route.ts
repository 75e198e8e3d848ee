import { sql } from 'kysely'
import type { CityFolder } from '../catalog/read.js'
import type { Datetime } from '../standard/datetime.js'
import type { Store } from './database.js'
import { loadCities } from './load.js'

/** Service requests of a service that one agency has and another should have. */
export interface Misrouted {
  jurisdiction_id: string
  service_code: string
  had: string | null
  should_have: string | null
  count: number
  /** So many of them are open. */
  open: number
}

/** Undoes a transaction that was only an attempt. */
class Undo extends Error {}

/**
 * What the routes of the catalog say of service requests made since `since`, where that differs from what is. With
 * `cities`, as if their folders had been loaded; nothing is changed.
 */
export async function findMisrouted(
  store: Store,
  { since, now, cities }: { since: Datetime; now: Datetime; cities: readonly CityFolder[] },
): Promise<Misrouted[]> {
  let found: Misrouted[] = []
  try {
    await store.transaction().execute(async (transaction) => {
      if (cities.length > 0) await loadCities(transaction, cities, now)
      const { rows } = await sql<Misrouted>`
        select r.jurisdiction_id, r.service_code, r.agency_responsible as had, routed.agency as should_have,
               count(*)::integer as count, count(*) filter (where r.status = 'open')::integer as open
          from service_request as r,
               lateral (select agency_for(r.jurisdiction_id, r.service_code, areas_at(r.jurisdiction_id, r.geom)) as agency
                        offset 0) as routed
         where r.endpoint = 'production' and r.requested_datetime >= ${since}
           and r.agency_responsible is distinct from routed.agency
         group by 1, 2, 3, 4
         order by 1, 2, 3, 4`.execute(transaction)
      found = rows
      throw new Undo()
    })
  } catch (error) {
    if (!(error instanceof Undo)) throw error
  }
  return found
}

/** Gives open service requests made since `since` the agency that the routes of the catalog say; gives how many. */
export async function reroute(
  store: Store,
  { since, now }: { since: Datetime; now: Datetime },
): Promise<number> {
  const { rows } = await sql`
    update service_request as r
       set agency_responsible = agency_for(r.jurisdiction_id, r.service_code, r.area_ids),
           updated_datetime = greatest(${now}, r.updated_datetime)
     where r.endpoint = 'production' and r.status = 'open' and r.requested_datetime >= ${since}
       and r.agency_responsible is distinct from agency_for(r.jurisdiction_id, r.service_code, r.area_ids)
    returning r.id`.execute(store)
  return rows.length
}
