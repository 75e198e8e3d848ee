import pg from 'pg'
import { georeport } from '../harness/server-process.js'
import { fill } from './fill.js'
import { databaseUrl, JURISDICTION, tell } from './setting.js'

/** A database with a synthetic city, kept for the next run. */
export interface City {
  name: string
  url: string
  rows: number
}

/** Raise it when other rows are written: cities made before are made again. */
const VERSION = 4
/** A city is made again when its newest service request is older, in days: the default list would miss it. */
const STALE = 30

/** What a city says about itself, as the comment of its database. */
interface Mark {
  version: number
  made: number
}

/** The city with so many rows: the one of an earlier run, brought up to the newest migration, or a new one. */
export async function prepareCity(server: string, rows: number): Promise<City> {
  const name = `georeport_bench_${rows}`
  const city = { name, url: databaseUrl(server, name), rows }
  const admin = new pg.Client(server)
  await admin.connect()
  try {
    if (await isKept(admin, city)) {
      await cleanUp(city)
      return city
    }
    const started = performance.now()
    tell(`Making a city of ${rows} service requests in ${name}`)
    await admin.query(`drop database if exists ${name} with (force)`)
    await admin.query(`create database ${name}`)
    // Workers end with their query, before their CPU time can be read.
    await admin.query(`alter database ${name} set max_parallel_workers_per_gather = 0`)
    const made = Math.floor(Date.now() / 1000)
    await command(city, 'migrate')
    await command(city, 'load', 'fixtures/rivertown')
    await fill(city, made)
    const mark: Mark = { version: VERSION, made }
    await admin.query(`comment on database ${name} is '${JSON.stringify(mark)}'`)
    tell(`Made in ${Math.round((performance.now() - started) / 1000)} s`)
    return city
  } finally {
    await admin.end()
  }
}

async function isKept(admin: pg.Client, city: City): Promise<boolean> {
  const { rows } = await admin.query<{ mark: string | null }>(
    `select shobj_description(oid, 'pg_database') as mark from pg_database where datname = $1`,
    [city.name],
  )
  if (!rows[0]?.mark) return false
  const { version, made } = JSON.parse(rows[0].mark) as Mark
  if (version !== VERSION || made < Date.now() / 1000 - STALE * 86400) return false
  return command(city, 'migrate').then(
    () => true,
    (error: Error) => {
      tell(error.message)
      return false
    },
  )
}

/** Runs the program's own command line on the city; gives what it prints. */
export async function command(city: City, ...argv: string[]): Promise<string> {
  const environment = {
    PATH: process.env.PATH!,
    HOME: process.env.HOME!,
    DATABASE_URL: city.url,
    LOG_LEVEL: 'error',
  }
  const { out, told, exit } = await georeport(environment, ...argv)
  if (exit !== 0) throw new Error(`georeport ${argv.join(' ')} on ${city.name}: ${told}`)
  return out
}

/** Takes away what benchmarks file on the test endpoint, and their keys. */
export async function cleanUp(city: City): Promise<void> {
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
