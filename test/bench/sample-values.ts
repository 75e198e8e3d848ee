import pg from 'pg'
import type { CityDatabase } from './city-database.js'
import { JURISDICTION } from './options.js'

/** Argument values for the cases, selected from the data, so that they fit a city of any size. */
export interface SampleValues {
  /** Datetimes 1, 90 and 3650 days before the newest service request. */
  daysAgo: Readonly<Record<1 | 90 | 3650, string>>
  busiestService: string
  rarestService: string
  ids: string[]
  dense: { lat: number; long: number }
  sparse: { lat: number; long: number }
  ward: string
}

const PUBLIC = `jurisdiction_id = '${JURISDICTION}' and endpoint = 'production' and visibility = 'public'
  and service_request_id is not null`

const NEWEST = `select extract(epoch from max(requested_datetime))::float8 as at from service_request where ${PUBLIC}`

const SERVICES = `select service_code as code from service_request where ${PUBLIC} group by 1 order by count(*) desc`

const IDS = `
select service_request_id as id from service_request
 where ${PUBLIC} and id % $1 = 0 order by hashint8(id) limit 200`

/** Grid cells of about 1 km, by number of service requests in the last two years. */
const CELLS = `
select round(avg(st_y(geom))::numeric, 5)::float8 as lat, round(avg(st_x(geom))::numeric, 5)::float8 as long
  from service_request
 where ${PUBLIC} and geom is not null and requested_datetime > to_timestamp($1) - interval '2 years'
 group by st_snaptogrid(geom, 0.01)
having count(*) > 2
 order by count(*)`

const WARD = `select area_id as id from area where area_type = 'ward' order by area_id limit 1`

export async function findSampleValues(city: CityDatabase): Promise<SampleValues> {
  const client = new pg.Client(city.url)
  await client.connect()
  const rows = async <Row>(sql: string, ...values: unknown[]) =>
    (await client.query(sql, values)).rows as Row[]
  try {
    const newest = (await rows<{ at: number }>(NEWEST))[0]!.at
    const daysAgo = (days: number) =>
      `${new Date((newest - days * 86400) * 1000).toISOString().slice(0, 19)}Z`
    const services = await rows<{ code: string }>(SERVICES)
    const cells = await rows<{ lat: number; long: number }>(CELLS, newest)
    return {
      daysAgo: { 1: daysAgo(1), 90: daysAgo(90), 3650: daysAgo(3650) },
      busiestService: services[0]!.code,
      rarestService: services.at(-1)!.code,
      ids: (await rows<{ id: string }>(IDS, Math.floor(city.rows / 250))).map(({ id }) => id),
      dense: cells.at(-1)!,
      sparse: cells[0]!,
      ward: (await rows<{ id: string }>(WARD))[0]!.id,
    }
  } finally {
    await client.end()
  }
}
