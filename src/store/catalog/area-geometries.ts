import { sql } from 'kysely'
import type { Store } from '../database/database.js'
import { makePoint } from '../database/geometry.js'

/** Selects areas by number; with `point`, only those that contain it. */
export interface AreaGeometriesPlan {
  jurisdiction_id: string
  ids: number[]
  point: { lat: number; long: number } | null
  hasGeometry: boolean
}

/**
 * Returns areas by number. The values are GeoJSON text, right-handed, with 7 decimal places (RFC
 * 7946, 3.1.6, 11.2); null without `hasGeometry`.
 */
export async function findAreaGeometries(
  store: Store,
  { jurisdiction_id, ids, point, hasGeometry }: AreaGeometriesPlan,
): Promise<Map<number, string | null>> {
  const rows = await store
    .selectFrom('area as a')
    .where('a.jurisdiction_id', '=', jurisdiction_id)
    .where('a.id', '=', sql<number>`any(${ids})`)
    .$if(point !== null, (select) =>
      select.where(sql<boolean>`st_intersects(a.geom, ${makePoint(point!.lat, point!.long)})`),
    )
    .select('a.id')
    .select(
      hasGeometry
        ? sql<string | null>`st_asgeojson(st_forcepolygonccw(a.geom), 7)`.as('geometry')
        : sql<string | null>`null`.as('geometry'),
    )
    .execute()
  return new Map(rows.map(({ id, geometry }) => [id, geometry]))
}
