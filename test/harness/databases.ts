import { MIGRATIONS } from '../../src/paths.js'
import type { Database } from '../../src/store/database/database.js'
import { createEmbeddedDatabase } from '../../src/store/database/embedded.js'
import { migrate, readMigrations } from '../../src/store/database/migrate.js'
import { openPostgres } from '../../src/store/database/postgres.js'
import { leaseCluster } from './embedded-clusters.js'
import { createPostgresStorage } from './server-process.js'

/** A new database for one test file, removed when it is closed. */
export type TestDatabase = Database

async function embedded(): Promise<TestDatabase> {
  return createEmbeddedDatabase(await leaseCluster())
}

async function postgres(): Promise<TestDatabase> {
  const storage = await createPostgresStorage()
  const database = openPostgres({
    url: storage.environment.DATABASE_URL!,
    maxConnections: 5,
    statementTimeoutMs: 20_000,
    onError: () => {},
  })
  await migrate(database, await readMigrations(MIGRATIONS))
  return {
    ...database,
    close: async () => {
      await database.close()
      await storage.remove()
    },
  }
}

/** The databases of this run, opened in this process and migrated. */
export const databases: readonly { kind: Database['kind']; open(): Promise<TestDatabase> }[] = [
  { kind: 'embedded', open: embedded },
  ...(process.env.TEST_DATABASE_URL ? [{ kind: 'postgres' as const, open: postgres }] : []),
]
