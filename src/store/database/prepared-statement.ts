import { hash } from 'node:crypto'
import type { Compilable, CompiledQuery, RawBuilder } from 'kysely'
import { type Running, type Store, unconnected } from './database.js'
import { gathered } from './gathered.js'

/** Stands in a statement for a value that every run brings. */
class Slot {
  constructor(readonly read: (values: never) => unknown) {}
}

/** A slot to build a statement with, in the place of a value. */
export function slot<Values, Value>(read: (values: Values) => Value): Value {
  return new Slot(read as never) as Value
}

/** A statement of our own words, to be prepared. */
export function inOwnWords(statement: RawBuilder<unknown>): Compilable {
  return { compile: () => statement.compile(unconnected) }
}

/** How a statement is prepared. */
interface Preparing extends Omit<Running, 'name'> {
  /** It reads and nothing else: those who would ask the same at the same time are answered together, with the same rows. */
  isShared?: boolean
}

/**
 * A statement that is written by Kysely once and run often: building it anew costs more than running it. If it `isKept`
 * the server plans it once a session as well, for any values: not for statements whose plan depends on them.
 */
export class PreparedStatement<Values> {
  private readonly query: CompiledQuery & Running
  private readonly ask: (store: Store, query: CompiledQuery & Running) => Promise<unknown[]>

  constructor(query: Compilable, { isKept = true, asArrays = false, isShared = false }: Preparing = {}) {
    const written = query.compile()
    // The same in every process: behind some poolers they share the sessions of the server.
    const name = `georeport ${hash('sha1', written.sql, 'base64url')}`
    this.query = { ...written, name, isKept, asArrays }
    this.ask = isShared ? askTogether : ask
  }

  /** Runs it; what the rows are, the caller knows. */
  async run<Row>(store: Store, values: Values): Promise<Row[]> {
    const parameters = this.query.parameters.map((each) =>
      each instanceof Slot ? each.read(values as never) : each,
    )
    return this.ask(store, { ...this.query, parameters }) as Promise<Row[]>
  }
}

async function ask(store: Store, query: CompiledQuery & Running): Promise<unknown[]> {
  return (await store.executeQuery(query)).rows
}

/** Asks what others may ask as well at the same time: it reads and nothing else, and nobody changes the rows. */
export const askTogether = gathered(
  async (store: Store, queries: readonly (CompiledQuery & Running)[]) => {
    const rows = await ask(store, queries[0]!)
    return queries.map(() => rows)
  },
  { groupOf: ({ name, sql, parameters }) => JSON.stringify([name ?? sql, parameters]) },
)
