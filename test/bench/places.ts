import pg from 'pg'
import type { City } from './data.js'
import { JURISDICTION } from './setting.js'

/** What the cases ask for, found in the data, so that they fit a city of any size. */
export interface Places {
  /** When so many service requests were newer. */
  sinceNewest: Readonly<Record<50 | 100 | 1000, string>>
  /** Some days before the newest service request. */
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
const ISO = `'YYYY-MM-DD"T"HH24:MI:SS"Z"'`

/** Cells of about a kilometre, by how much happened in them during the last two years. */
const CELLS = `
select round(avg(st_y(geom))::numeric, 5)::float8 as lat, round(avg(st_x(geom))::numeric, 5)::float8 as long
  from service_request
 where ${PUBLIC} and geom is not null
   and requested_datetime > (select max(requested_datetime) from service_request) - interval '2 years'
 group by st_snaptogrid(geom, 0.01)
having count(*) > 2
 order by count(*)`

export async function findPlaces(city: City): Promise<Places> {
  const client = new pg.Client({ connectionString: city.url, options: '-c timezone=UTC' })
  await client.connect()
  const first = async <Row>(sql: string) => (await client.query(sql)).rows[0] as Row
  const sinceNewest = async (rows: number) => {
    const sql = `select to_char(requested_datetime, ${ISO}) as at from service_request
      where ${PUBLIC} order by service_request.requested_datetime desc, id desc offset ${rows - 1} limit 1`
    return (await first<{ at: string }>(sql)).at
  }
  const daysAgo = async (days: number) => {
    const sql = `select to_char(max(requested_datetime) - interval '${days} days', ${ISO}) as at
      from service_request where ${PUBLIC}`
    return (await first<{ at: string }>(sql)).at
  }
  try {
    const services = await client.query<{ service_code: string }>(
      `select service_code from service_request where ${PUBLIC} group by 1 order by count(*) desc`,
    )
    const ids = await client.query<{ id: string }>(
      `select service_request_id as id from service_request where ${PUBLIC} and id % ${Math.floor(city.rows / 250)} = 0
        order by hashint8(id) limit 200`,
    )
    const cells = await client.query<Places['dense']>(CELLS)
    const ward = await first<{ area_id: string }>(
      `select area_id from area where area_type = 'ward' order by area_id limit 1`,
    )
    return {
      sinceNewest: {
        50: await sinceNewest(50),
        100: await sinceNewest(100),
        1000: await sinceNewest(1000),
      },
      daysAgo: { 1: await daysAgo(1), 90: await daysAgo(90), 3650: await daysAgo(3650) },
      busiestService: services.rows[0]!.service_code,
      rarestService: services.rows.at(-1)!.service_code,
      ids: ids.rows.map((row) => row.id),
      dense: cells.rows.at(-1)!,
      sparse: cells.rows[0]!,
      ward: ward.area_id,
    }
  } finally {
    await client.end()
  }
}
