import { hash } from 'node:crypto'
import type { Compilable, CompiledQuery, RawBuilder } from 'kysely'
import { coalesce } from './coalesce.js'
import { type QueryOptions, queryBuilder, type Store } from './database.js'

/** Placeholder in a statement for a value of each run. */
class Param {
  constructor(readonly read: (values: never) => unknown) {}
}

/** Returns a placeholder that stands for a value while the statement is built. */
export function param<Values, Value>(read: (values: Values) => Value): Value {
  return new Param(read as never) as Value
}

/** Makes raw SQL compilable, for PreparedStatement. */
export function compileSql(statement: RawBuilder<unknown>): Compilable {
  return { compile: () => statement.compile(queryBuilder) }
}

interface PrepareOptions extends Omit<QueryOptions, 'name'> {
  /** For reads only: concurrent identical reads share one query. */
  isCoalesced?: boolean
}

/**
 * A statement that Kysely compiles once, because building it costs more than running it. With
 * `isServerPrepared`, a session also plans it once for all values: not for statements whose best
 * plan depends on the values.
 */
export class PreparedStatement<Values> {
  private readonly query: CompiledQuery & QueryOptions
  private readonly execute: (store: Store, query: CompiledQuery & QueryOptions) => Promise<unknown[]>

  constructor(
    query: Compilable,
    { isServerPrepared = true, asArrays = false, isCoalesced = false }: PrepareOptions = {},
  ) {
    const compiled = query.compile()
    // Equal in all processes: behind some poolers they share sessions.
    const name = `georeport ${hash('sha1', compiled.sql, 'base64url')}`
    this.query = { ...compiled, name, isServerPrepared, asArrays }
    this.execute = isCoalesced ? runCoalesced : runQuery
  }

  /** Runs the statement; the caller states the type of its rows. */
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
