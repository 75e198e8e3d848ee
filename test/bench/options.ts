import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/** The folder of the program. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The one jurisdiction of the synthetic city. */
export const JURISDICTION = 'rivertown.example'

/** Flags of Node for every server that is compared, so that only the program differs. */
export const NODE_OPTIONS = '--max-semi-space-size=64'

/** Connections to PostgreSQL that every server may open. */
export const CONNECTIONS = 10

/** Calls under way at once. */
export const CONCURRENCIES = [1, 32] as const

/** What one run does. */
export interface Setting {
  rows: number
  /** Nothing is measured: the plans are compared. */
  plans: boolean
  /** Only cases whose name matches this regular expression. */
  only: string
  rounds: number
  /** About how long one round of one participant takes. */
  seconds: number
  /** One round of pgbench; its first second is for warming up. */
  pgbenchSeconds: number
  /** The PostgreSQL server, by the address of any of its databases. */
  server: string
}

export function readSetting(argv: string[]): Setting {
  const { values } = parseArgs({
    args: argv,
    options: {
      rows: { type: 'string', default: '100000' },
      quick: { type: 'boolean', default: false },
      plans: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
    },
  })
  const rows = Number(values.rows)
  if (!Number.isInteger(rows) || rows < 100_000 || rows > 20_000_000)
    throw new Error('--rows has to be a whole number from 100000 to 20000000, such as 1000000')
  const server = process.env.BENCH_DATABASE_URL || process.env.TEST_DATABASE_URL
  if (!server)
    throw new Error('BENCH_DATABASE_URL has to name a PostgreSQL server with PostGIS (see .ci/postgres)')
  const { quick, plans, only } = values
  return quick
    ? { rows, plans, only, rounds: 5, seconds: 0.25, pgbenchSeconds: 3, server }
    : { rows, plans, only, rounds: 9, seconds: 0.5, pgbenchSeconds: 4, server }
}

/** The address of a database on the same server. */
export function databaseUrl(server: string, database: string): string {
  const url = new URL(server)
  url.pathname = `/${database}`
  return url.href
}

/** pgbench: where the environment says, on the path, or where Debian puts it. */
export function findPgbench(): string | null {
  const versions = '/usr/lib/postgresql'
  const debian = existsSync(versions)
    ? readdirSync(versions).map((version) => join(versions, version, 'bin/pgbench'))
    : []
  const onPath = (process.env.PATH ?? '').split(':').map((folder) => join(folder, 'pgbench'))
  return [process.env.PGBENCH ?? '', ...onPath, ...debian].find((path) => path && existsSync(path)) ?? null
}

/** Says something to the person who waits. */
export function tell(line: string): void {
  process.stderr.write(`${line}\n`)
}
