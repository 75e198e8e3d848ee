import type { World } from './command.js'

/** Runs one statement on the database, embedded or not, and prints each row as a JSON object. */
export async function sqlCommand(world: World, statement: string): Promise<void> {
  const database = await world.open()
  const session = await database.open()
  try {
    const { rows } = await session.query(statement)
    for (const row of rows) world.out(JSON.stringify(row))
  } finally {
    session.release()
  }
}
