import { sql } from 'kysely'
import type { CityFolder } from '../../catalog/read-city-folder.js'
import type { Datetime } from '../../standard/datetime.js'
import type { Store } from '../database/database.js'
import { writeCitiesWithin } from './write-city.js'

/** Service requests of a service that one agency has and another should have. */
export interface MisroutedGroup {
  jurisdiction_id: string
  service_code: string
  had: string | null
  should_have: string
  count: number
  /** So many of them are open and were filed here: those can be given to the other agency. */
  open: number
}

/** Undoes a transaction that was only an attempt. */
class RollbackSignal extends Error {}

/**
 * What the routes of the catalog say of service requests made since `since`, where that differs from what is. With
 * `cities`, as if their folders had been loaded; nothing is changed.
 */
export async function findMisrouted(
  store: Store,
  { since, now, cities }: { since: Datetime; now: Datetime; cities: readonly CityFolder[] },
): Promise<MisroutedGroup[]> {
  let found: MisroutedGroup[] = []
  try {
    await store.transaction().execute(async (transaction) => {
      await sql`set local statement_timeout = 0`.execute(transaction)
      if (cities.length > 0) await writeCitiesWithin(transaction, cities, now)
      const { rows } = await sql<MisroutedGroup>`
        select r.jurisdiction_id, r.service_code, r.agency_responsible as had, routed.agency as should_have,
               count(*)::integer as count, count(*) filter (where r.status = 'open' and r.origin = 'submission')::integer as open
          from service_request as r,
               lateral (select agency_for(r.jurisdiction_id, r.service_code, areas_at(r.jurisdiction_id, r.geom)) as agency
                        offset 0) as routed
         where r.endpoint = 'production' and r.requested_datetime >= ${since}
           and coalesce(r.agency_responsible, '') <> routed.agency
         group by 1, 2, 3, 4
         order by 1, 2, 3, 4`.execute(transaction)
      found = rows
      throw new RollbackSignal()
    })
  } catch (error) {
    if (!(error instanceof RollbackSignal)) throw error
  }
  return found
}

/**
 * Gives open service requests that were filed here since `since` the agency that the routes of the catalog say; gives how
 * many. Those of other systems keep the agency that these gave them.
 */
export async function reroute(
  store: Store,
  { since, now }: { since: Datetime; now: Datetime },
): Promise<number> {
  return store.transaction().execute(async (transaction) => {
    await sql`set local statement_timeout = 0`.execute(transaction)
    const { rows } = await sql`
    update service_request as r
       set agency_responsible = routed.agency, updated_datetime = greatest(${now}, r.updated_datetime)
      from service_request as o,
           lateral (select agency_for(o.jurisdiction_id, o.service_code, areas_at(o.jurisdiction_id, o.geom)) as agency
                    offset 0) as routed
     where o.id = r.id and r.endpoint = 'production' and r.status = 'open' and r.origin = 'submission'
       and r.requested_datetime >= ${since}
       and coalesce(r.agency_responsible, '') <> routed.agency
    returning r.id`.execute(transaction)
    return rows.length
  })
}
