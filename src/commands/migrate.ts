import { listMigrations } from '../store/database/migrate.js'
import type { CommandContext } from './command.js'

/** Prints the applied migrations, oldest first. Opening the database applies the missing ones. */
export async function migrateCommand(context: CommandContext): Promise<void> {
  const { store } = await context.openDatabase()
  for (const name of await listMigrations(store)) context.writeResult(name)
}
