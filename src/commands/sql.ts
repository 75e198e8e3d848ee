import type { CommandContext } from './command.js'

/** Runs one SQL statement and prints each row as a JSON object. */
export async function sqlCommand(context: CommandContext, statement: string): Promise<void> {
  const database = await context.openDatabase()
  const session = await database.open()
  try {
    const { rows } = await session.query(statement)
    for (const row of rows) context.writeResult(JSON.stringify(row))
  } finally {
    session.release()
  }
}
