import pg from 'pg'
import {
  createStore,
  type Database,
  INT8,
  parseTimestamp,
  type QueryOptions,
  type Session,
  TIMESTAMPTZ,
} from './database.js'
import { destroyConnection, dropStatement, PreparedQuery } from './prepared-query.js'

export interface PostgresOptions {
  url: string
  /** The most connections this process opens. */
  maxConnections: number
  /** A statement that takes longer is cancelled, in milliseconds. */
  statementTimeoutMs: number
  /** What to do with faults of idle connections: they mend themselves. */
  onError(error: Error): void
}

const RECONNECT_DELAY_MS = 1000

const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') => {
    if (oid === TIMESTAMPTZ) return parseTimestamp
    if (oid === INT8) return Number
    return pg.types.getTypeParser(oid, format as 'text')
  },
}

/** The server has no such statement, or has it already, as behind some poolers; or its tables have changed. */
const STALE_STATEMENT = /^(26000|42P05|0A000)$/

/** Milliseconds after the server should have cancelled a statement: then nobody is there any more. */
const DEAD_SERVER_MARGIN_MS = 3000

/** Null: the statement has to be run without its name this time. */
function runPrepared(
  client: pg.PoolClient,
  {
    name,
    isServerPrepared,
    text,
    values,
    asArrays,
  }: Required<QueryOptions> & { text: string; values: readonly unknown[] },
  timeout: number,
): Promise<unknown[] | null> {
  return new Promise((done, fail) => {
    // TCP alone would wait for a quarter of an hour.
    const late = setTimeout(() => destroyConnection(client), timeout + DEAD_SERVER_MARGIN_MS)
    const query = new PreparedQuery(name, isServerPrepared, text, values, asArrays, types, (error, rows) => {
      clearTimeout(late)
      if (!error) done(rows)
      else if (!STALE_STATEMENT.test(String((error as pg.DatabaseError).code))) fail(error)
      else {
        dropStatement(client, name)
        done(null)
      }
    })
    client.query(query as unknown as pg.Submittable)
  })
}

/** A PostgreSQL server, through a pool of connections. */
export function openPostgres(options: PostgresOptions): Database {
  const connection: pg.ClientConfig = {
    connectionString: options.url,
    types,
    application_name: 'georeport',
    keepAlive: true,
    // Compiling a statement costs more than any of ours. As one start-up option, so that no connection is ever used before it holds.
    options: '-c timezone=UTC -c datestyle=ISO -c standard_conforming_strings=on -c jit=off',
  }
  const pool = new pg.Pool({
    ...connection,
    max: options.maxConnections,
    connectionTimeoutMillis: 10_000,
    statement_timeout: options.statementTimeoutMs,
  })
  pool.on('error', options.onError)
  async function open(): Promise<Session> {
    const client = await pool.connect()
    // An error of a client that nobody listens to ends the process, and the pool listens only to those that are idle.
    let broken: Error | undefined
    const onError = (error: Error) => {
      broken = error
    }
    client.on('error', onError)
    return {
      query: async (text, values = [], { name, isServerPrepared = true, asArrays = false } = {}) => {
        if (name) {
          const statement = { name, isServerPrepared, text, values, asArrays }
          const rows = await runPrepared(client, statement, options.statementTimeoutMs)
          if (rows) return { rows, count: rows.length }
        }
        const query = {
          text,
          values: values as unknown[],
          ...(asArrays ? { rowMode: 'array' as const } : {}),
        }
        const { rows, rowCount } = await client.query(query)
        return { rows, count: rowCount ?? 0 }
      },
      script: async (sql) => {
        await client.query(sql)
      },
      release: () => {
        client.off('error', onError)
        client.release(broken)
      },
    }
  }
  const store = createStore(open)
  let closed = false
  const listeners = new Set<pg.Client>()

  async function listen(channel: string, heard: () => void): Promise<void> {
    const client = new pg.Client(connection)
    const again = (error?: Error) => {
      // An end may be told in several ways.
      if (!listeners.delete(client) || closed) return
      if (error) options.onError(error)
      client.end().catch(() => {})
      setTimeout(() => {
        if (closed) return
        // What was said meanwhile was missed.
        listen(channel, heard).then(heard, () => {})
      }, RECONNECT_DELAY_MS).unref()
    }
    listeners.add(client)
    client.on('error', again)
    client.on('end', () => again())
    client.on('notification', heard)
    try {
      await client.connect()
      await client.query(`listen ${pg.escapeIdentifier(channel)}`)
    } catch (error) {
      again(error as Error)
      throw error
    }
  }

  return {
    kind: 'postgres',
    store,
    open,
    listen,
    close: async () => {
      closed = true
      await Promise.all([...listeners].map((each) => each.end().catch(() => {})))
      await store.destroy()
      await pool.end()
    },
  }
}
