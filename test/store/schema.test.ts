import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { MIGRATIONS } from '../../src/paths.js'
import { migrate, readMigrations } from '../../src/store/database/migrate.js'
import { openPostgres } from '../../src/store/database/postgres.js'
import { createPostgresStorage } from '../harness/server-process.js'

const run = promisify(execFile)

test.skipIf(!process.env.TEST_DATABASE_URL)('schema.sql is what all migrations make', async ({ skip }) => {
  await run('pg_dump', ['--version']).catch(() => skip('pg_dump is missing'))
  const storage = await createPostgresStorage()
  const url = storage.environment.DATABASE_URL!
  const database = openPostgres({ url, maxConnections: 1, statementTimeoutMs: 20_000, onError: () => {} })
  await migrate(database, await readMigrations(MIGRATIONS))
  await database.close()
  const { stdout } = await run('pg_dump', ['--schema-only', '--no-owner', '--no-privileges', url])
  await storage.remove()
  await expect(normalise(stdout)).toMatchFileSnapshot('schema.sql')
})

/** Without versions, session settings, and comments that repeat the statement after them. */
function normalise(dump: string): string {
  return dump
    .split('\n')
    .filter((line) => !/^(--|SET |SELECT pg_catalog\.set_config|\\|COMMENT ON EXTENSION)/.test(line))
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .replace(/^\n+/, '')
}
