import { type RawBuilder, sql } from 'kysely'
import {
  type Box,
  type Circle,
  METRES_PER_DEGREE,
  type QueryBox,
  type QueryCircle,
} from '../../standard/geography.js'

// PostGIS points are (x, y): longitude before latitude, as in GeoJSON.

/** SQL for a point in WGS84 degrees; null without coordinates. */
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

/** SQL that is true for points in or within a metre of one of `boxes`; uses the index. */
export function overlapsBoxes(column: string, boxes: readonly Box[]): RawBuilder<boolean> {
  return joinWithOr(boxes.map((box) => sql<boolean>`${sql.ref(column)} && ${makeEnvelope(box)}`))
}

/** SQL that is true for points inside one of `boxes`, edges included. */
export function insideBoxes(column: string, boxes: readonly QueryBox[]): RawBuilder<boolean> {
  const point = sql.ref(column)
  return joinWithOr(
    boxes.map((box) => {
      const { west, south, east, north, isDegenerate } = box
      // st_intersects has good estimates, but does not work for an envelope that is a line or a point.
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
 * SQL that is true for points at most about `metres` (SQL) from the centre of a circle; uses the
 * index. True for all points near the poles and the antimeridian, where degrees are no measure.
 */
export function withinReach(
  column: string,
  circle: QueryCircle,
  metres: RawBuilder<unknown>,
): RawBuilder<boolean> {
  const [box, secondBox] = circle.bounds
  if (!box || secondBox || circle.radius === 0 || box.north >= 89 || box.south <= -89)
    return sql<boolean>`true`
  const degreesLongPerLat = (box.east - box.west) / (box.north - box.south)
  const latRadius = sql`(${metres} / ${METRES_PER_DEGREE}::float8)`
  const envelope = sql`st_expand(${makePoint(circle.lat, circle.long)}, ${latRadius} * ${degreesLongPerLat}::float8, ${latRadius})`
  return sql<boolean>`${sql.ref(column)} && ${envelope}`
}

/**
 * A datetime after all others: with `<-> FAR_FUTURE` the GiST index of place and time returns the
 * newest rows first.
 */
export const FAR_FUTURE = sql`timestamptz '9999-01-01'`

/**
 * SQL for GeoJSON text as a valid MultiPolygon: repairs rings that cross themselves. Empty if no
 * area is left.
 */
export function makeValidPolygon(geojson: string): RawBuilder<unknown> {
  return sql`st_multi(st_collectionextract(st_makevalid(st_setsrid(st_geomfromgeojson(${geojson}), 4326)), 3))`
}

/**
 * SQL that is true for points inside a polygon of a client (GeoJSON text). Rings that cross
 * themselves are not repaired, which may take very long: PostGIS applies the even-odd rule to
 * points.
 * `isReadFirst`: parses the polygon once per statement, not per row, if the plan does not know its
 * value.
 */
export function insidePolygon(column: string, geojson: string, isReadFirst: boolean): RawBuilder<boolean> {
  const polygon = sql`st_setsrid(st_geomfromgeojson(${geojson}), 4326)`
  return sql<boolean>`st_intersects(${sql.ref(column)}, ${isReadFirst ? sql`(select ${polygon})` : polygon})`
}

/** The submitted location and address of a service request whose public location is blurred. */
export interface ExactLocation {
  lat?: number | null
  long?: number | null
  address?: string
  address_id?: string
  zipcode?: string
  /** Width of the grid of the blurred location. */
  metres?: number
}
