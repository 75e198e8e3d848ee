import { createStore, type Database, type Store } from '../../../src/store/database/database.js'

/** The last statement that `run` sends, split into lines, and its execution plan. */
export async function explainStatement(
  { open }: Database,
  run: (store: Store) => Promise<unknown>,
): Promise<{ readable: string; plan: string }> {
  let sent = { text: '', parameters: [] as readonly unknown[] }
  const recordingStore = createStore(async () => {
    const session = await open()
    return {
      ...session,
      query: (text, parameters = [], running) => {
        sent = { text, parameters }
        return session.query(text, parameters, running)
      },
    }
  })
  await run(recordingStore)
  const session = await open()
  const { rows } = await session.query(`explain ${sent.text}`, sent.parameters)
  session.release()
  return {
    readable: `${sent.text.replace(/ (from|inner join|where|and|order by|limit) /g, '\n$1 ')}\n`,
    plan: rows.map((row) => (row as Record<string, string>)['QUERY PLAN']).join('\n'),
  }
}
