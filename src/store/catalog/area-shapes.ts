import { sql } from 'kysely'
import type { Store } from '../database/database.js'
import { makePoint } from '../database/geometry.js'

/** What is asked of areas: those of `ids`, and only those that hold `point`, if there is one. */
export interface AreaShapesPlan {
  jurisdiction_id: string
  ids: number[]
  point: { lat: number; long: number } | null
  /** With their shapes. */
  isShaped: boolean
}

/** Areas by their number, with their shapes as GeoJSON text: right-handed, with 7 decimal places (RFC 7946, 3.1.6, 11.2). */
export async function findAreaShapes(
  store: Store,
  { jurisdiction_id, ids, point, isShaped }: AreaShapesPlan,
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
      isShaped
        ? sql<string | null>`st_asgeojson(st_forcepolygonccw(a.geom), 7)`.as('shape')
        : sql<string | null>`null`.as('shape'),
    )
    .execute()
  return new Map(rows.map(({ id, shape }) => [id, shape]))
}
