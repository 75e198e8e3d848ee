import pg from 'pg'
import { georeport } from '../harness/server-process.js'
import { fillCity } from './fill.js'
import { databaseUrl, JURISDICTION, log } from './options.js'

/** A database with a synthetic city. It is reused by later runs. */
export interface CityDatabase {
  name: string
  url: string
  rows: number
}

/** Increment it when the generated rows change: existing databases are then generated again. */
const VERSION = 4
/** Older databases are generated again: the default date window would contain no service request. */
const MAX_AGE_DAYS = 30

/** JSON in the comment of the database. */
interface CityVersion {
  version: number
  /** Unix time in seconds. */
  made: number
}

/** Returns the city with this number of service requests: reused and migrated, or newly generated. */
export async function prepareCity(serverUrl: string, rows: number): Promise<CityDatabase> {
  const name = `georeport_bench_${rows}`
  const city = { name, url: databaseUrl(serverUrl, name), rows }
  const admin = new pg.Client(serverUrl)
  await admin.connect()
  try {
    if (await isReusable(admin, city)) {
      await removeBenchData(city)
      return city
    }
    const started = performance.now()
    log(`Generating ${rows} service requests in database ${name}`)
    await admin.query(`drop database if exists ${name} with (force)`)
    await admin.query(`create database ${name}`)
    // Parallel workers exit with their query, before their CPU time can be read.
    await admin.query(`alter database ${name} set max_parallel_workers_per_gather = 0`)
    const made = Math.floor(Date.now() / 1000)
    await runCommand(city, 'migrate')
    await runCommand(city, 'load', 'fixtures/rivertown')
    await fillCity(city, made)
    const comment: CityVersion = { version: VERSION, made }
    await admin.query(`comment on database ${name} is '${JSON.stringify(comment)}'`)
    log(`Generated in ${Math.round((performance.now() - started) / 1000)} s`)
    return city
  } finally {
    await admin.end()
  }
}

async function isReusable(admin: pg.Client, city: CityDatabase): Promise<boolean> {
  const { rows } = await admin.query<{ comment: string | null }>(
    `select shobj_description(oid, 'pg_database') as comment from pg_database where datname = $1`,
    [city.name],
  )
  if (!rows[0]?.comment) return false
  const { version, made } = JSON.parse(rows[0].comment) as CityVersion
  if (version !== VERSION || made < Date.now() / 1000 - MAX_AGE_DAYS * 86400) return false
  return runCommand(city, 'migrate').then(
    () => true,
    (error: Error) => {
      log(error.message)
      return false
    },
  )
}

/** Runs a georeport command on the database. Returns its standard output. */
export async function runCommand(city: CityDatabase, ...argv: string[]): Promise<string> {
  const environment = {
    PATH: process.env.PATH!,
    HOME: process.env.HOME!,
    DATABASE_URL: city.url,
    LOG_LEVEL: 'error',
  }
  const { out, messages, exit } = await georeport(environment, ...argv)
  if (exit !== 0) throw new Error(`georeport ${argv.join(' ')} on ${city.name}: ${messages}`)
  return out
}

/** Deletes the service requests of the test endpoint and the keys of benchmarks. */
export async function removeBenchData(city: CityDatabase): Promise<void> {
  const client = new pg.Client(city.url)
  await client.connect()
  const { rowCount } = await client.query(
    `delete from service_request where jurisdiction_id = $1 and endpoint = 'test'`,
    [JURISDICTION],
  )
  await client.query(`delete from api_key where name = 'benchmark'`)
  if (rowCount) await client.query('vacuum (analyze) service_request')
  await client.query('checkpoint').catch(() => {})
  await client.end()
}
