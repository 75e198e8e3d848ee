import { sql } from 'kysely'
import type { CityFolder } from '../../catalog/read-city-folder.js'
import type { Datetime } from '../../standard/datetime.js'
import type { Store } from '../database/database.js'
import { writeCitiesWithin } from './write-city.js'

/**
 * Service requests of a service whose agency differs from the one that the routes of the catalog
 * assign.
 */
export interface MisroutedGroup {
  jurisdiction_id: string
  service_code: string
  agency: string | null
  routed_agency: string
  count: number
  /** Those that `reroute` would change: open and submitted here. */
  open: number
}

/** Rolls back a dry run. */
class RollbackSignal extends Error {}

/**
 * Finds service requests since `since` whose agency differs from the routes of the catalog. With
 * `cities`, uses the routes of these folders instead, without storing them.
 */
export async function findMisrouted(
  store: Store,
  { since, now, cities }: { since: Datetime; now: Datetime; cities: readonly CityFolder[] },
): Promise<MisroutedGroup[]> {
  let misrouted: MisroutedGroup[] = []
  try {
    await store.transaction().execute(async (transaction) => {
      await sql`set local statement_timeout = 0`.execute(transaction)
      if (cities.length > 0) await writeCitiesWithin(transaction, cities, now)
      const { rows } = await sql<MisroutedGroup>`
        select r.jurisdiction_id, r.service_code, r.agency_responsible as agency, routed.agency as routed_agency,
               count(*)::integer as count, count(*) filter (where r.status = 'open' and r.origin = 'submission')::integer as open
          from service_request as r,
               lateral (select route_agency(r.jurisdiction_id, r.service_code, areas_at(r.jurisdiction_id, r.geom)) as agency
                        offset 0) as routed
         where r.endpoint = 'production' and r.requested_datetime >= ${since}
           and coalesce(r.agency_responsible, '') <> routed.agency
         group by 1, 2, 3, 4
         order by 1, 2, 3, 4`.execute(transaction)
      misrouted = rows
      throw new RollbackSignal()
    })
  } catch (error) {
    if (!(error instanceof RollbackSignal)) throw error
  }
  return misrouted
}

/**
 * Assigns open service requests submitted here since `since` to the agency of the routes of the
 * catalog. Returns their number. Imported service requests keep their agency.
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
           lateral (select route_agency(o.jurisdiction_id, o.service_code, areas_at(o.jurisdiction_id, o.geom)) as agency
                    offset 0) as routed
     where o.id = r.id and r.endpoint = 'production' and r.status = 'open' and r.origin = 'submission'
       and r.requested_datetime >= ${since}
       and coalesce(r.agency_responsible, '') <> routed.agency
    returning r.id`.execute(transaction)
    return rows.length
  })
}
