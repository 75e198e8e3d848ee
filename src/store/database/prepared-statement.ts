import { hash } from 'node:crypto'
import type { Compilable, CompiledQuery, RawBuilder } from 'kysely'
import { coalesce } from './coalesce.js'
import { type QueryOptions, queryBuilder, type Store } from './database.js'

/** Stands in a statement for a value that every run brings. */
class Param {
  constructor(readonly read: (values: never) => unknown) {}
}

/** A slot to build a statement with, in the place of a value. */
export function param<Values, Value>(read: (values: Values) => Value): Value {
  return new Param(read as never) as Value
}

/** A statement of our own words, to be prepared. */
export function compileSql(statement: RawBuilder<unknown>): Compilable {
  return { compile: () => statement.compile(queryBuilder) }
}

/** How a statement is prepared. */
interface PrepareOptions extends Omit<QueryOptions, 'name'> {
  /** It reads and nothing else: those who would ask the same at the same time are answered together, with the same rows. */
  isCoalesced?: boolean
}

/**
 * A statement that is written by Kysely once and run often: building it anew costs more than running it. If it `isKept`
 * the server plans it once a session as well, for any values: not for statements whose plan depends on them.
 */
export class PreparedStatement<Values> {
  private readonly query: CompiledQuery & QueryOptions
  private readonly execute: (store: Store, query: CompiledQuery & QueryOptions) => Promise<unknown[]>

  constructor(
    query: Compilable,
    { isServerPrepared = true, asArrays = false, isCoalesced = false }: PrepareOptions = {},
  ) {
    const written = query.compile()
    // The same in every process: behind some poolers they share the sessions of the server.
    const name = `georeport ${hash('sha1', written.sql, 'base64url')}`
    this.query = { ...written, name, isServerPrepared, asArrays }
    this.execute = isCoalesced ? runCoalesced : runQuery
  }

  /** Runs it; what the rows are, the caller knows. */
  async run<Row>(store: Store, values: Values): Promise<Row[]> {
    const parameters = this.query.parameters.map((each) =>
      each instanceof Param ? each.read(values as never) : each,
    )
    return this.execute(store, { ...this.query, parameters }) as Promise<Row[]>
  }
}

async function runQuery(store: Store, query: CompiledQuery & QueryOptions): Promise<unknown[]> {
  return (await store.executeQuery(query)).rows
}

/** Runs a read; concurrent identical reads share one query and its rows, which callers do not change. */
export const runCoalesced = coalesce(
  async (store: Store, queries: readonly (CompiledQuery & QueryOptions)[]) => {
    const rows = await runQuery(store, queries[0]!)
    return queries.map(() => rows)
  },
  ({ name, sql, parameters }) => JSON.stringify([name ?? sql, parameters]),
)
