import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Database, Session, Store } from './database.js'

export interface Migration {
  number: number
  name: string
  sql: string
  sha256: string
}

/** Advisory lock of processes that start at once. */
const MIGRATION_LOCK = 31_10_2

/** Reads `NNNN-name.sql` from `directory`, in order. Throws if a number is missing or used twice. */
export async function readMigrations(directory: string): Promise<Migration[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.sql')).sort()
  return Promise.all(
    files.map(async (name, index) => {
      const number = Number(/^(\d{4})-[a-z0-9-]+\.sql$/.exec(name)?.[1])
      if (number !== index + 1) throw new Error(`${join(directory, name)}: expected number ${index + 1}`)
      const sql = await readFile(join(directory, name), 'utf8')
      return { number, name, sql, sha256: createHash('sha256').update(sql).digest('hex') }
    }),
  )
}

/**
 * Applies pending migrations, each in its own transaction, and returns their names. Concurrent
 * processes wait for the first one. Throws if an applied migration is unknown or differs from its
 * file.
 */
export async function migrate(database: Database, migrations: Migration[]): Promise<string[]> {
  const session = await database.open()
  try {
    // The wait for the lock may be longer than the statement timeout.
    await session.query('set statement_timeout = 0')
    await session.query(`select pg_advisory_lock(${MIGRATION_LOCK})`)
    try {
      return await applyPending(session, migrations)
    } finally {
      await session.query(`select pg_advisory_unlock(${MIGRATION_LOCK})`)
      await session.query('reset statement_timeout')
    }
  } finally {
    session.release()
  }
}

/** Names of the applied migrations, the newest last. */
export async function listMigrations(store: Store): Promise<string[]> {
  const rows = await store.selectFrom('migration').select('name').orderBy('number').execute()
  return rows.map((row) => row.name)
}

async function applyPending(session: Session, migrations: Migration[]): Promise<string[]> {
  await session.script(`
    create table if not exists migration (
      number  integer primary key,
      name    text not null,
      sha256  text not null,
      applied timestamptz(0) not null
    )`)
  const { rows } = await session.query('select number, name, sha256 from migration order by number')
  const applied = rows as Pick<Migration, 'number' | 'name' | 'sha256'>[]
  for (const each of applied) {
    const file = migrations[each.number - 1]
    if (!file)
      throw new Error(
        `the database has migration ${each.name}, which this version of georeport does not know`,
      )
    if (file.sha256 !== each.sha256)
      throw new Error(`migration ${each.name} is not the one the database was made with`)
  }
  const pending = migrations.slice(applied.length)
  for (const { number, name, sql, sha256 } of pending) {
    await session.query('begin')
    try {
      await session.script(sql)
      await session.query('insert into migration values ($1, $2, $3, now())', [number, name, sha256])
      await session.query('commit')
    } catch (error) {
      await session.query('rollback')
      throw new Error(`migration ${name}: ${(error as Error).message}`, { cause: error })
    }
  }
  return pending.map((each) => each.name)
}
