import { sql } from 'kysely'
import { CatalogErrors } from '../../catalog/catalog-errors.js'
import type { AreaFile } from '../../catalog/read-geojson.js'
import type { Store } from '../database/database.js'
import { makeValidPolygon } from '../database/geometry.js'

/** Throws CatalogErrors, with `file` and `path`, if a polygon is empty after repair. */
export async function checkPolygon(store: Store, geojson: string, file: string, path: string): Promise<void> {
  const { rows } = await sql<{
    empty: boolean
  }>`select st_isempty(${makeValidPolygon(geojson)}) as empty`.execute(store)
  if (rows[0]!.empty) throw new CatalogErrors([{ file, path, message: 'is not a polygon with an area' }])
}

/**
 * Replaces the areas of a jurisdiction. Returns how many changed. Throws CatalogErrors for empty
 * polygons.
 */
export async function writeAreas(store: Store, jurisdiction_id: string, areas: AreaFile[]): Promise<number> {
  const removed = await store
    .deleteFrom('area')
    .where('jurisdiction_id', '=', jurisdiction_id)
    .where(
      sql<boolean>`(area_type, area_id) not in (
        select * from unnest(${areas.map((each) => each.area_type)}::text[], ${areas.map((each) => each.area_id)}::text[]))`,
    )
    .returning('area_id')
    .execute()
  let written = 0
  for (const { file, area_type, area_id, name, geometry } of areas) {
    await checkPolygon(store, geometry, file, `${area_type} ${area_id}`)
    const changed = await store
      .insertInto('area')
      .values({ jurisdiction_id, area_type, area_id, name, geom: makeValidPolygon(geometry) })
      .onConflict((conflict) =>
        conflict
          .columns(['jurisdiction_id', 'area_type', 'area_id'])
          .doUpdateSet((excluded) => ({
            name: excluded.ref('excluded.name'),
            geom: excluded.ref('excluded.geom'),
          }))
          .where(
            sql<boolean>`(area.name, st_asbinary(area.geom)) is distinct from (excluded.name, st_asbinary(excluded.geom))`,
          ),
      )
      .returning('area_id')
      .execute()
    written += changed.length
  }
  return removed.length + written
}
