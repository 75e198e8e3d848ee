import { type RawBuilder, sql } from 'kysely'
import {
  type Box,
  type Circle,
  METRES_PER_DEGREE,
  type QueryBox,
  type QueryCircle,
} from '../../standard/geography.js'

/** The one place where longitude comes before latitude: PostGIS points are (x, y). */

/** SQL for the point of `lat` and `long` in WGS84 degrees; null where there is none. */
export function makePoint(lat: number | null, long: number | null): RawBuilder<unknown> {
  if (lat === null || long === null) return sql`null`
  return sql`st_setsrid(st_makepoint(${long}::float8, ${lat}::float8), 4326)`
}

/** SQL for the latitude of a point column, in degrees. */
export function selectLat(column: string): RawBuilder<number | null> {
  return sql<number | null>`st_y(${sql.ref(column)})`
}

/** SQL for the longitude of a point column, in degrees. */
export function selectLong(column: string): RawBuilder<number | null> {
  return sql<number | null>`st_x(${sql.ref(column)})`
}

function makeEnvelope({ west, south, east, north }: Box): RawBuilder<unknown> {
  return sql`st_makeenvelope(${west}::float8, ${south}::float8, ${east}::float8, ${north}::float8, 4326)`
}

const joinWithOr = (conditions: RawBuilder<boolean>[]) =>
  conditions.length === 1 ? conditions[0]! : sql<boolean>`(${sql.join(conditions, sql` or `)})`

/** SQL that is true for points in or about one of `boxes`, a metre too generously: what the index knows. */
export function overlapsBoxes(column: string, boxes: readonly Box[]): RawBuilder<boolean> {
  return joinWithOr(boxes.map((box) => sql<boolean>`${sql.ref(column)} && ${makeEnvelope(box)}`))
}

/** SQL that is true for points inside one of `boxes`, their edges included. */
export function insideBoxes(column: string, boxes: readonly QueryBox[]): RawBuilder<boolean> {
  const point = sql.ref(column)
  return joinWithOr(
    boxes.map((box) => {
      const { west, south, east, north, isDegenerate } = box
      // The planner knows how many points intersect a polygon; a line or a point is none.
      if (!isDegenerate) return sql<boolean>`st_intersects(${point}, ${makeEnvelope(box)})`
      const inX = sql<boolean>`st_x(${point}) between ${west}::float8 and ${east}::float8`
      const inY = sql<boolean>`st_y(${point}) between ${south}::float8 and ${north}::float8`
      return sql<boolean>`(${point} && ${makeEnvelope(box)} and ${inX} and ${inY})`
    }),
  )
}

/** SQL for the distance in metres on the WGS84 spheroid. */
export function distanceInMetres(
  column: string,
  { lat, long }: Pick<Circle, 'lat' | 'long'>,
): RawBuilder<number> {
  return sql<number>`st_distance(${sql.ref(column)}::geography, ${makePoint(lat, long)}::geography)`
}

/**
 * SQL that is true for points not much farther than `metres` (SQL) from the middle of a circle, as far as the index
 * tells; for all points where degrees tell nothing, about the poles and the antimeridian.
 */
export function withinReach(
  column: string,
  near: QueryCircle,
  metres: RawBuilder<unknown>,
): RawBuilder<boolean> {
  const [box, other] = near.bounds
  if (!box || other || near.radius === 0 || box.north >= 89 || box.south <= -89) return sql<boolean>`true`
  // What the longest way in the circle is in degrees of longitude for each degree of latitude.
  const wide = (box.east - box.west) / (box.north - box.south)
  const high = sql`(${metres} / ${METRES_PER_DEGREE}::float8)`
  const around = sql`st_expand(${makePoint(near.lat, near.long)}, ${high} * ${wide}::float8, ${high})`
  return sql<boolean>`${sql.ref(column)} && ${around}`
}

/** A datetime after all others: with `<-> FAR_FUTURE` the GiST index of place and time returns the newest rows first. */
export const FAR_FUTURE = sql`timestamptz '9999-01-01'`

/** SQL for GeoJSON text as a valid MultiPolygon: rings that cross themselves are mended. Empty if nothing is left. */
export function makeValidPolygon(geojson: string): RawBuilder<unknown> {
  return sql`st_multi(st_collectionextract(st_makevalid(st_setsrid(st_geomfromgeojson(${geojson}), 4326)), 3))`
}

/**
 * SQL that is true for points inside a polygon of a client (GeoJSON text). A ring that crosses itself is not mended,
 * which can take for ever: what is inside is told by counting edges, as PostGIS does for points.
 * `isReadFirst`: read once and not for every row, by a statement that is planned before it is known.
 */
export function insidePolygon(column: string, geojson: string, isReadFirst: boolean): RawBuilder<boolean> {
  const polygon = sql`st_setsrid(st_geomfromgeojson(${geojson}), 4326)`
  return sql<boolean>`st_intersects(${sql.ref(column)}, ${isReadFirst ? sql`(select ${polygon})` : polygon})`
}

/** Place and address as they were given, where the public sees them blurred. */
export interface ExactPlace {
  lat?: number | null
  long?: number | null
  address?: string
  address_id?: string
  zipcode?: string
  /** How wide the grid is. */
  metres?: number
}
