import pg from 'pg'
import type { CityDatabase } from './city-database.js'
import { JURISDICTION } from './options.js'
import { fillPool, POOL_DAYS, WINDOWS } from './pool.js'
import { ProgressBar } from './progress-bar.js'

const YEARS = 10
/** Rows of a year relative to the following year. */
const YEARLY_RATIO = 0.93

/** Fills an empty database. `now`: Unix time of generation, in seconds. */
export async function fillCity(city: CityDatabase, now: number): Promise<void> {
  const client = new pg.Client(city.url)
  await client.connect()
  await client.query(
    `set synchronous_commit = off; set work_mem = '128MB'; set maintenance_work_mem = '1GB'; set jit = off`,
  )
  const poolProgress = new ProgressBar('sample rows', 1)
  await fillPool(client, now, (share) => poolProgress.update(share))
  await client.query(RANDOM_FUNCTION)
  // Building indexes after the insert is several times faster.
  const indexes = await dropIndexes(client)
  await fillRows(client, city.rows, now)
  await fillEvents(client)
  const indexProgress = new ProgressBar('indexes', indexes.length)
  for (const [number, definition] of indexes.entries()) {
    await client.query(definition)
    indexProgress.update(number + 1)
  }
  // The trigger has assigned all areas: discards the assignments queued by loading the catalog.
  await client.query('delete from area_assignment')
  await client.query('vacuum (analyze)')
  await client.query('checkpoint').catch(() => {})
  await client.end()
}

async function fillRows(client: pg.Client, rows: number, now: number): Promise<void> {
  await client.query('alter table service_request disable trigger record_created')
  const progress = new ProgressBar('service requests', rows)
  let [share, first] = [0, 1]
  const total = (1 - YEARLY_RATIO ** YEARS) / (1 - YEARLY_RATIO)
  for (let year = YEARS - 1; year >= 0; year--) {
    for (let window = 0; window < WINDOWS; window++) {
      share += YEARLY_RATIO ** year / total / WINDOWS
      const last = Math.min(rows, Math.round(share * rows))
      await client.query(INSERT_ROWS, [first, last, window, year, now, JURISDICTION])
      first = last + 1
      progress.update(last)
    }
  }
  await client.query('alter table service_request enable trigger record_created')
}

/**
 * Inserts the events of all rows, already sequenced: the trigger and the sequencer would take longer than
 * the rows.
 */
async function fillEvents(client: pg.Client): Promise<void> {
  const progress = new ProgressBar('events', 1)
  await client.query(`
    insert into event (service_request, jurisdiction_id, endpoint, kind, change_type, datetime, status, media_urls, position, seq, published_at)
    select id, jurisdiction_id, endpoint, 'created', case when is_public then 'create'::change_type end, requested_datetime,
           status, media_urls, row_number() over (order by id),
           case when is_public then count(*) filter (where is_public) over (order by id) end, requested_datetime
      from (select *, visibility = 'public' as is_public from service_request) as r
     order by id`)
  progress.update(1)
}

/** Drops the indexes without a constraint. Returns their definitions. */
async function dropIndexes(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ indexname: string; indexdef: string }>(`
    select i.indexname, i.indexdef from pg_indexes as i
     where i.schemaname = 'public' and i.tablename in ('service_request', 'event')
       and not exists (select from pg_constraint as c where c.conindid = i.indexname::regclass)`)
  for (const { indexname } of rows) await client.query(`drop index ${pg.escapeIdentifier(indexname)}`)
  return rows.map((row) => row.indexdef)
}

/** Deterministic pseudo-random number in [0, 1) of a row `n` and a purpose `question`. */
const RANDOM_FUNCTION = `
create function pg_temp.share(n bigint, question bigint) returns float8 language sql immutable
return (hashint8extended(n, question) & 4294967295) / 4294967296.0::float8`

/**
 * Inserts rows $1 to $2, drawn from window $3 of the pool, shifted $4 times ${POOL_DAYS} days into the
 * past and by some minutes and metres. $5: now, Unix seconds. $6: jurisdiction. Rows are inserted in
 * order of time, as in production.
 */
const INSERT_ROWS = `
insert into service_request (
  jurisdiction_id, endpoint, service_request_id, service_code, status, status_notes, description,
  agency_responsible, service_notice, requested_datetime, updated_datetime, expected_datetime, closed_datetime,
  address, address_id, zipcode, geom, media_urls, visibility, origin, channel)
select $6, 'production', id, d.service_code,
       case when closed <= $5::bigint then 'closed' else 'open' end,
       case when closed <= $5 then done when noted <= $5 then note end,
       d.description, s.agency_responsible, s.service_notice, to_timestamp(requested),
       to_timestamp(case when closed <= $5 then closed when noted <= $5 then noted else requested end),
       to_timestamp(expected), case when closed <= $5 then to_timestamp(closed) end,
       address, address_id, zipcode,
       case when st_intersects((select boundary from jurisdiction where jurisdiction_id = $6), moved)
            then moved else st_setsrid(st_makepoint(long, lat), 4326) end,
       case when media then array['https://media.rivertown.example/' || id || '.jpg'] else '{}' end,
       s.visibility, 'import', channel
  from (
    select p.service_code, p.description, p.address, p.address_id, p.zipcode, p.lat, p.long, p.media, p.channel,
           p.note, p.done, t.requested, requested + p.expected as expected, requested + p.noted as noted,
           requested + p.closed as closed,
           'RT-' || to_char(to_timestamp(requested), 'YYMMDD') || '-' || lpad(n::text, 7, '0') as id,
           st_setsrid(st_makepoint(
             round((long + 15 * far * sin(2 * pi() * pg_temp.share(n, 3)) / (111195 * cosd(lat)))::numeric, 6),
             round((lat + 15 * far * cos(2 * pi() * pg_temp.share(n, 3)) / 111195)::numeric, 6)), 4326) as moved
      from (select n, sqrt(-2 * ln(1 - pg_temp.share(n, 2))) as far,
                   floor(pg_temp.share(n, 1) * (select count(*) from pool where w = $3))::int as i
              from generate_series($1::bigint, $2::bigint) as n) as g
      join pool as p on p.w = $3 and p.i = g.i
     cross join lateral (
       select $5 - p.ago - $4::bigint * ${POOL_DAYS} * 86400
              + floor((pg_temp.share(n, 4) - 0.5) * 1800)::bigint as requested) as t) as d
  join service as s on s.jurisdiction_id = $6 and s.service_code = d.service_code
 order by requested`
