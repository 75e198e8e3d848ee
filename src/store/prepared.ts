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
  private readonly execute: (store: Store, parameters: readonly unknown[]) => Promise<unknown[]>

  constructor(query: Compilable, { isKept = true, asArrays = false, isShared = false }: Preparing = {}) {
    const written = query.compile()
    // The same in every process: behind some poolers they share the sessions of the server.
    const name = `georeport ${hash('sha1', written.sql, 'base64url')}`
    this.query = { ...written, name, isKept, asArrays }
    this.execute = isShared ? this.shared() : (store, parameters) => this.ask(store, parameters)
  }

  /** Runs it; what the rows are, the caller knows. */
  run<Row>(store: Store, values: Values): Promise<Row[]> {
    const parameters = this.query.parameters.map((each) =>
      each instanceof Slot ? each.read(values as never) : each,
    )
    return this.execute(store, parameters) as Promise<Row[]>
  }

  private async ask(store: Store, parameters: readonly unknown[]): Promise<unknown[]> {
    return (await store.executeQuery({ ...this.query, parameters })).rows
  }

  private shared() {
    return gathered(
      async (store: Store, all: readonly (readonly unknown[])[]) => {
        const rows = await this.ask(store, all[0]!)
        return all.map(() => rows)
      },
      { groupOf: (parameters) => JSON.stringify(parameters) },
    )
  }
}
