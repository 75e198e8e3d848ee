import type { Config } from '../../config.js'
import { MIGRATIONS } from '../../paths.js'
import type { Database } from './database.js'
import { migrate, readMigrations } from './migrate.js'

/** What opening tells on its way. */
export interface OpenOptions {
  progress(text: string): void
  onFault(error: Error): void
}

/** Opens the database that `config` names and brings it to the newest schema. */
export async function openDatabase(config: Config, { progress, onFault }: OpenOptions): Promise<Database> {
  const database = await open(config, progress, onFault)
  const applied = await migrate(database, await readMigrations(MIGRATIONS))
  for (const name of applied) progress(`Migrated: ${name}`)
  return database
}

// Each database is imported only where it is used: the embedded one is large.
async function open(
  config: Config,
  progress: OpenOptions['progress'],
  onFault: OpenOptions['onFault'],
): Promise<Database> {
  if (config.DATABASE_URL === undefined) {
    const { openEmbedded } = await import('./embedded.js')
    return openEmbedded({ directory: config.DATA_DIR, cache: config.CACHE_DIR, progress })
  }
  const { openPostgres } = await import('./postgres.js')
  return openPostgres({
    url: config.DATABASE_URL,
    connections: config.DATABASE_CONNECTIONS,
    statementTimeout: config.STATEMENT_TIMEOUT,
    onFault,
  })
}
