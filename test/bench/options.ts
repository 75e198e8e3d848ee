import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/** Root of the repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The jurisdiction of the synthetic city. */
export const JURISDICTION = 'rivertown.example'

/** Node options of all measured servers, so that only the programs differ. */
export const NODE_OPTIONS = '--max-semi-space-size=64'

/** Maximum PostgreSQL connections of each server. */
export const CONNECTIONS = 10

/** Numbers of concurrent requests. */
export const CONCURRENCIES = [1, 32] as const

export interface BenchOptions {
  /** Service requests in the city. */
  rows: number
  /** True: compares query plans instead of measuring. */
  plans: boolean
  /** Regular expression for names of cases. */
  only: string
  rounds: number
  /** Approximate duration of one round of one target. */
  seconds: number
  /** Duration of one round of pgbench; the first second is warm-up. */
  pgbenchSeconds: number
  /** URL of any database of the PostgreSQL server. */
  serverUrl: string
}

const USAGE = `Usage: npm run bench -- [options]

  --rows NUMBER   service requests in the city, 100000 to 20000000 (default: 100000)
  --quick         fewer and shorter rounds
  --only REGEXP   only cases whose name matches
  --plans         compare the query plans of all lists with plans.txt; measures nothing
  --help          show this help

Environment:
  BENCH_DATABASE_URL   URL of a PostgreSQL server with PostGIS (default: TEST_DATABASE_URL)
  PGBENCH              path of pgbench
`

/** Parses the command line. Null: `--help`, usage was printed. */
export function parseOptions(argv: string[]): BenchOptions | null {
  const { values } = parseArgs({
    args: argv,
    options: {
      rows: { type: 'string', default: '100000' },
      quick: { type: 'boolean', default: false },
      plans: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(USAGE)
    return null
  }
  const rows = Number(values.rows)
  if (!Number.isInteger(rows) || rows < 100_000 || rows > 20_000_000)
    throw new Error('--rows must be an integer from 100000 to 20000000')
  const serverUrl = process.env.BENCH_DATABASE_URL || process.env.TEST_DATABASE_URL
  if (!serverUrl)
    throw new Error(
      'BENCH_DATABASE_URL must be the URL of a PostgreSQL server with PostGIS (see .ci/postgres)',
    )
  const { quick, plans, only } = values
  return quick
    ? { rows, plans, only, rounds: 5, seconds: 0.25, pgbenchSeconds: 3, serverUrl }
    : { rows, plans, only, rounds: 9, seconds: 0.5, pgbenchSeconds: 4, serverUrl }
}

/** Returns the URL of another database of the same server. */
export function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${database}`
  return url.href
}

/** Finds pgbench by PGBENCH, on PATH, or in the Debian folders; null: not found. */
export function findPgbench(): string | null {
  const debianFolder = '/usr/lib/postgresql'
  const debian = existsSync(debianFolder)
    ? readdirSync(debianFolder).map((version) => join(debianFolder, version, 'bin/pgbench'))
    : []
  const onPath = (process.env.PATH ?? '').split(':').map((folder) => join(folder, 'pgbench'))
  return [process.env.PGBENCH ?? '', ...onPath, ...debian].find((path) => path && existsSync(path)) ?? null
}

/** Writes a line to standard error. */
export function log(line: string): void {
  process.stderr.write(`${line}\n`)
}
