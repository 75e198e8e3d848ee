import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely'
import type { Tables } from './tables.js'

/** First argument of every store function: a database, or a transaction on it. */
export type Store = Kysely<Tables>

export interface QueryOptions {
  /** Key of the statement in each session; its text never changes. */
  name?: string
  /** Prepared on the server under its name, which may plan it once for all values. */
  isServerPrepared?: boolean
  /** Returns rows as arrays, in the order of the columns. */
  asArrays?: boolean
}

/** A database session, exclusive from `open` to `release`. */
export interface Session {
  query(
    sql: string,
    parameters?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<{ rows: unknown[]; count: number }>
  /** Runs several statements, without parameters or results. */
  script(sql: string): Promise<void>
  release(): void
}

/** PostgreSQL with PostGIS, embedded or on a server; both run the same SQL. */
export interface Database {
  kind: 'embedded' | 'postgres'
  store: Store
  open(): Promise<Session>
  /**
   * Calls `onNotify` for every NOTIFY on `channel`, and after a reconnect, when one may have been
   * missed.
   */
  listen(channel: string, onNotify: () => void): Promise<void>
  close(): Promise<void>
}

export function createStore(open: () => Promise<Session>): Store {
  return new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new SessionDriver(open),
      createIntrospector: (kysely) => new PostgresIntrospector(kysely),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  })
}

/** Adapts a session to Kysely; a compiled query may carry query options. */
class SessionConnection implements DatabaseConnection {
  constructor(readonly session: Session) {}

  async executeQuery<Row>(query: CompiledQuery & QueryOptions): Promise<QueryResult<Row>> {
    const { rows, count } = await this.session.query(query.sql, query.parameters, query)
    return { rows: rows as Row[], numAffectedRows: BigInt(count) }
  }

  // biome-ignore lint/correctness/useYield: streaming is not supported
  async *streamQuery(): AsyncGenerator<never> {
    throw new Error('not streamed')
  }
}

class SessionDriver implements Driver {
  constructor(private readonly open: () => Promise<Session>) {}

  async init(): Promise<void> {}

  async acquireConnection(): Promise<SessionConnection> {
    return new SessionConnection(await this.open())
  }

  async beginTransaction(
    connection: SessionConnection,
    { isolationLevel }: { isolationLevel?: string },
  ): Promise<void> {
    const begin = isolationLevel ? `begin isolation level ${isolationLevel}` : 'begin'
    await connection.executeQuery(CompiledQuery.raw(begin))
  }

  async commitTransaction(connection: SessionConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('commit'))
  }

  async rollbackTransaction(connection: SessionConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('rollback'))
  }

  async releaseConnection({ session }: SessionConnection): Promise<void> {
    session.release()
  }

  async destroy(): Promise<void> {}
}

/** Builds statements; cannot run them. */
export const queryBuilder: Store = createStore(() => Promise.reject(new Error('not connected')))

/**
 * Converts a `timestamptz` from the output of PostgreSQL in UTC (`2026-03-02 18:05:11+00`) to the
 * form of GR-DT-02. Without Date objects, the value is sent as it was read.
 */
export function parseTimestamp(text: string): string {
  return `${text.slice(0, 10)}T${text.slice(11, 19)}Z`
}

/** OIDs of types that both drivers parse differently from their defaults. */
export const TIMESTAMPTZ = 1184
export const INT8 = 20
