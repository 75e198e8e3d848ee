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

/** What store functions speak to: a database, or a transaction on it. */
export type Store = Kysely<Tables>

/** How a statement is run. */
export interface QueryOptions {
  /** It is known by this name from its first run on; its text never changes. */
  name?: string
  /** The server keeps it by its name, and may plan it once for all values. */
  isServerPrepared?: boolean
  /** Rows come as arrays, in the order of the columns. */
  asArrays?: boolean
}

/** One session of a database, kept from `open` to `release`. */
export interface Session {
  query(
    sql: string,
    parameters?: readonly unknown[],
    running?: QueryOptions,
  ): Promise<{ rows: unknown[]; count: number }>
  /** Runs several statements, without parameters and results. */
  script(sql: string): Promise<void>
  release(): void
}

/** PostgreSQL with PostGIS, embedded or a server: the same SQL, the same answers. */
export interface Database {
  kind: 'embedded' | 'postgres'
  store: Store
  open(): Promise<Session>
  /** Calls `heard` at every NOTIFY on `channel`, and whenever one may have been missed. */
  listen(channel: string, heard: () => void): Promise<void>
  close(): Promise<void>
}

/** Kysely over sessions. */
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

/** A session as Kysely uses it; a compiled query may say how it wants to be run. */
class SessionConnection implements DatabaseConnection {
  constructor(readonly session: Session) {}

  async executeQuery<Row>(query: CompiledQuery & QueryOptions): Promise<QueryResult<Row>> {
    const { rows, count } = await this.session.query(query.sql, query.parameters, query)
    return { rows: rows as Row[], numAffectedRows: BigInt(count) }
  }

  // biome-ignore lint/correctness/useYield: nobody streams; what is long is read by cursor
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

/** Writes statements and runs none. */
export const queryBuilder: Store = createStore(() => Promise.reject(new Error('not connected')))

/**
 * A `timestamptz` as both databases print it in UTC (`2026-03-02 18:05:11+00`) in the form of GR-DT-02. No Date objects:
 * what is read is what is sent.
 */
export function parseTimestamp(text: string): string {
  return `${text.slice(0, 10)}T${text.slice(11, 19)}Z`
}

/** OIDs of the types that both drivers are told how to read. */
export const TIMESTAMPTZ = 1184
export const INT8 = 20
