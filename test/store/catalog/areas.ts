import { sql } from 'kysely'
import { assignNextAreas } from '../../../src/store/catalog/assign-areas.js'
import type { Store } from '../../../src/store/database/database.js'

/** The areas of every service request of a jurisdiction, as TYPE:ID, by service_request_id. */
export async function listAreas(store: Store, jurisdiction_id: string): Promise<Record<string, string[]>> {
  const { rows } = await sql<{ id: string; areas: string[] }>`
    select r.service_request_id as id,
           array(select coalesce(a.area_type || ':' || a.area_id, 'gone')
                   from unnest(r.area_ids) as named (id) left join area as a using (id)
                  order by 1) as areas
      from service_request as r
     where r.jurisdiction_id = ${jurisdiction_id}
     order by r.id`.execute(store)
  return Object.fromEntries(rows.map(({ id, areas }) => [id, areas]))
}

/** The number of service requests whose areas differ from those that PostGIS finds now. */
export async function countWronglyAssigned(store: Store): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::integer as n
      from service_request as r
     where r.area_ids is distinct from areas_at(r.jurisdiction_id, r.geom)`.execute(store)
  return rows[0]!.n
}

/** Assigns areas until nothing is left to do; returns the number of steps. */
export async function assignAllAreas(store: Store): Promise<number> {
  let steps = 0
  while (await assignNextAreas(store)) steps++
  return steps
}

/** Inserts `count` rows along a line from west to east. Their ids are `apart`, because an assignment step covers a range of ids. */
export async function insertAlongLine(
  store: Store,
  jurisdiction_id: string,
  {
    count,
    west,
    east,
    lat,
    apart = 1,
  }: Record<'count' | 'west' | 'east' | 'lat', number> & { apart?: number },
): Promise<void> {
  await sql`
    insert into service_request (id, jurisdiction_id, endpoint, service_request_id, service_code, requested_datetime,
                                 updated_datetime, geom, visibility, origin)
    overriding system value
    select n * ${apart}::integer, ${jurisdiction_id}, 'production', 'L-' || n, 'CRACK',
           timestamptz '2026-05-01' + n * interval '1 second', timestamptz '2026-05-01' + n * interval '1 second',
           st_setsrid(st_makepoint(${west}::float8 + (${east}::float8 - ${west}::float8) * n / ${count}::float8, ${lat}::float8), 4326),
           'public', 'import'
      from generate_series(1, ${count}::integer) as n`.execute(store)
  await sql`select setval(pg_get_serial_sequence('service_request', 'id'), ${count * apart}::bigint)`.execute(
    store,
  )
}
