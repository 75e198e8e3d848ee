import { listMigrations } from '../store/database/migrate.js'
import type { CommandContext } from './command.js'

/** Prints the migrations of the database, the newest last. Opening it applied what was missing. */
export async function migrateCommand(world: CommandContext): Promise<void> {
  const { store } = await world.openDatabase()
  for (const name of await listMigrations(store)) world.writeResult(name)
}
