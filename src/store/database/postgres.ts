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
import { readSslMode } from './ssl-mode.js'

export interface PostgresOptions {
  url: string
  /** Size of the pool. */
  maxConnections: number
  /** The server cancels a statement after this time. */
  statementTimeoutMs: number
  /** Receives errors of idle connections, which are replaced. */
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

/**
 * The prepared statement is missing, or exists already (both behind some poolers), or its tables
 * have changed.
 */
const STALE_STATEMENT = /^(26000|42P05|0A000)$/

/** Time after the statement timeout at which the connection counts as dead. */
const DEAD_SERVER_MARGIN_MS = 3000

/**
 * Runs a statement by name. Returns null if the name is stale: the caller runs the statement
 * without it.
 */
function runPrepared(
  client: pg.PoolClient,
  {
    name,
    isServerPrepared,
    text,
    values,
    asArrays,
  }: Required<QueryOptions> & { text: string; values: readonly unknown[] },
  timeoutMs: number,
): Promise<unknown[] | null> {
  return new Promise((resolve, reject) => {
    // TCP alone detects a dead server after 15 minutes.
    const timer = setTimeout(() => destroyConnection(client), timeoutMs + DEAD_SERVER_MARGIN_MS)
    const query = new PreparedQuery(name, isServerPrepared, text, values, asArrays, types, (error, rows) => {
      clearTimeout(timer)
      if (!error) resolve(rows)
      else if (!STALE_STATEMENT.test(String((error as pg.DatabaseError).code))) reject(error)
      else {
        dropStatement(client, name)
        resolve(null)
      }
    })
    client.query(query as unknown as pg.Submittable)
  })
}

/** Connects outside the pool. */
async function connectClient(config: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client(config)
  // Without a listener, an error event of a client ends the process.
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (error) {
    client.end().catch(() => {})
    throw error
  }
  return client
}

/** Connects to a PostgreSQL server through a pool. */
export function openPostgres(options: PostgresOptions): Database {
  const sslMode = readSslMode(options.url)
  const connection: pg.ClientConfig = {
    connectionString: sslMode.url,
    types,
    application_name: 'georeport',
    keepAlive: true,
    // JIT compilation takes longer than our statements. Start-up options apply before the first
    // statement.
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
    const client = await sslMode.connect((ssl) => {
      Object.assign(pool.options, ssl)
      return pool.connect()
    })
    // Without a listener, an error event of a client ends the process; the pool listens only to
    // idle clients.
    let connectionError: Error | undefined
    const onError = (error: Error) => {
      connectionError = error
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
        client.release(connectionError)
      },
    }
  }
  const store = createStore(open)
  let isClosed = false
  const listeners = new Set<pg.Client>()

  async function listen(channel: string, onNotify: () => void): Promise<void> {
    const retry = (error?: Error) => {
      if (isClosed) return
      if (error) options.onError(error)
      setTimeout(() => {
        if (isClosed) return
        // Notifications of the meantime are lost.
        listen(channel, onNotify).then(onNotify, () => {})
      }, RECONNECT_DELAY_MS).unref()
    }
    let client: pg.Client
    try {
      client = await sslMode.connect((ssl) => connectClient({ ...connection, ...ssl }))
    } catch (error) {
      retry(error as Error)
      throw error
    }
    listeners.add(client)
    const reconnect = (error?: Error) => {
      // A lost connection may emit several events.
      if (!listeners.delete(client)) return
      client.end().catch(() => {})
      retry(error)
    }
    client.on('error', reconnect)
    client.on('end', () => reconnect())
    client.on('notification', onNotify)
    try {
      if (isClosed) throw new Error('the database is closed')
      await client.query(`listen ${pg.escapeIdentifier(channel)}`)
    } catch (error) {
      reconnect(error as Error)
      throw error
    }
  }

  return {
    kind: 'postgres',
    store,
    open,
    listen,
    close: async () => {
      isClosed = true
      await Promise.all([...listeners].map((each) => each.end().catch(() => {})))
      await store.destroy()
      await pool.end()
    },
  }
}
