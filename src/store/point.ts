import { type RawBuilder, sql } from 'kysely'

/** The one place where longitude comes before latitude: PostGIS points are (x, y). */

/** SQL for the point of `lat` and `long` in WGS84 degrees; null where there is none. */
export function pointOf(lat: number | null, long: number | null): RawBuilder<unknown> {
  if (lat === null || long === null) return sql`null`
  return sql`st_setsrid(st_makepoint(${long}::float8, ${lat}::float8), 4326)`
}

/** SQL for the latitude of a point column, in degrees. */
export function latOf(column: string): RawBuilder<number | null> {
  return sql<number | null>`st_y(${sql.ref(column)})`
}

/** SQL for the longitude of a point column, in degrees. */
export function longOf(column: string): RawBuilder<number | null> {
  return sql<number | null>`st_x(${sql.ref(column)})`
}
