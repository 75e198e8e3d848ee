import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { MIGRATIONS } from '../../../src/paths.js'
import { migrate, readMigrations } from '../../../src/store/database/migrate.js'
import { openPostgres } from '../../../src/store/database/postgres.js'
import { databases } from '../../harness/databases.js'
import { buildCommandEnvironment, createPostgresStorage, georeport } from '../../harness/server-process.js'

describe.each(databases)('$kind', ({ open }) => {
  test('a second migration changes nothing; changed or missing files are refused; a failing migration is rolled back', async () => {
    const database = await open()
    const migrations = await readMigrations(MIGRATIONS)
    expect(await migrate(database, migrations)).toEqual([])
    const changed = migrations.map((each) => ({ ...each, sha256: 'changed' }))
    await expect(migrate(database, changed)).rejects.toThrow('0001-catalog.sql is not the one')
    await expect(migrate(database, [])).rejects.toThrow('does not know')
    const failing = {
      number: migrations.length + 1,
      name: 'x.sql',
      sql: 'create table half (); select 1 / 0',
      sha256: 'x',
    }
    await expect(migrate(database, [...migrations, failing])).rejects.toThrow('division by zero')
    const { rows } = await sql`select to_regclass('half') as half`.execute(database.store)
    expect(rows).toEqual([{ half: null }])
    await database.close()
  })
})

test('migrations are numbered without gaps', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'migrations-'))
  await writeFile(join(folder, '0002-second.sql'), '')
  await expect(readMigrations(folder)).rejects.toThrow('expected number 1')
})

test.skipIf(!process.env.TEST_DATABASE_URL)(
  'twenty simultaneous starts migrate an empty PostgreSQL database exactly once',
  async () => {
    const storage = await createPostgresStorage()
    const migrations = await readMigrations(MIGRATIONS)
    const starters = Array.from({ length: 18 }, () =>
      openPostgres({
        url: storage.environment.DATABASE_URL!,
        maxConnections: 1,
        statementTimeoutMs: 1000,
        onError: () => {},
      }),
    )
    // Two of the starts are processes of their own.
    const processes = [1, 2].map(() => georeport(buildCommandEnvironment(storage), 'migrate'))
    const applied = await Promise.all(starters.map((each) => migrate(each, migrations)))
    const ended = await Promise.all(processes)
    expect(ended.map((each) => each.exit)).toEqual([0, 0])
    const byStarters = applied.flat()
    expect(new Set(byStarters).size).toBe(byStarters.length)
    const { rows } = await sql<{ name: string }>`select name from migration order by number`.execute(
      starters[0]!.store,
    )
    expect(rows.map((each) => each.name)).toEqual(migrations.map((each) => each.name))
    await Promise.all(starters.map((each) => each.close()))
    await storage.remove()
  },
)
