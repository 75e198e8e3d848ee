import type { CommandContext } from './command.js'

/** Runs one statement on the database, embedded or not, and prints each row as a JSON object. */
export async function sqlCommand(world: CommandContext, statement: string): Promise<void> {
  const database = await world.openDatabase()
  const session = await database.open()
  try {
    const { rows } = await session.query(statement)
    for (const row of rows) world.writeResult(JSON.stringify(row))
  } finally {
    session.release()
  }
}
