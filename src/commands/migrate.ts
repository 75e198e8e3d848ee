import type { World } from './command.js'

/** Prints the migrations of the database, the newest last. Opening it applied what was missing. */
export async function migrateCommand(world: World): Promise<void> {
  const { store } = await world.open()
  const migrations = await store.selectFrom('migration').select('name').orderBy('number').execute()
  for (const { name } of migrations) world.out(name)
}
