import { MIGRATIONS } from '../../paths.js'
import type { Database } from './database.js'
import { migrate, readMigrations } from './migrate.js'

export interface DatabaseOptions {
  /** `postgres://…`; undefined: an embedded database in `directory`. */
  url: string | undefined
  maxConnections: number
  statementTimeoutMs: number
  /** Folder of the embedded database. */
  directory: string
  /** Folder for a prepared image of a new embedded database. */
  cacheDirectory: string
  onProgress(text: string): void
  /** Receives errors of idle connections, which are replaced. */
  onError(error: Error): void
}

/** Opens the database and applies pending migrations. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const database = await open(options)
  const applied = await migrate(database, await readMigrations(MIGRATIONS))
  for (const name of applied) options.onProgress(`Migrated: ${name}`)
  return database
}

// Dynamic imports: only the driver in use is loaded, because the embedded one is large.
async function open(options: DatabaseOptions): Promise<Database> {
  const { url } = options
  if (url === undefined) {
    const { openEmbedded } = await import('./embedded.js')
    return openEmbedded(options)
  }
  const { openPostgres } = await import('./postgres.js')
  const database = openPostgres({ ...options, url })
  try {
    const session = await database.open()
    session.release()
  } catch (error) {
    await database.close()
    throw new Error(`cannot connect to PostgreSQL: ${describeFailure(error as Error)}`, { cause: error })
  }
  return database
}

/** One line. Node reports a host with several addresses as an AggregateError without a message. */
function describeFailure(error: Error & { code?: unknown; errors?: Error[] }): string {
  const message = error.message || error.errors?.map((each) => each.message).join('; ') || String(error.code)
  return message.replace(/\s+/g, ' ')
}
