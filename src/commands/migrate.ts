import { listMigrations } from '../store/database/migrate.js'
import type { World } from './command.js'

/** Prints the migrations of the database, the newest last. Opening it applied what was missing. */
export async function migrateCommand(world: World): Promise<void> {
  const { store } = await world.open()
  for (const name of await listMigrations(store)) world.out(name)
}
