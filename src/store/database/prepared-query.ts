import { LRUCache } from 'lru-cache'
import type pg from 'pg'

/** The part of a pg connection that queries use, as in its cursors and streams. */
interface Connection {
  parsedStatements: Record<string, string>
  stream: { cork(): void; uncork(): void; destroy(): void }
  parse(statement: { name: string; text: string }): void
  bind(values: { statement: string; values: readonly unknown[]; valueMapper(value: unknown): unknown }): void
  describe(portal: { type: 'P' }): void
  execute(portal: { rows: number }): void
  sync(): void
}

interface Field {
  name: string
  /** Absent: the text is the value. */
  parse: ((text: string) => unknown) | undefined
}

/** Statements per session whose fields are cached. */
const MAX_CACHED_STATEMENTS = 200

type FieldCache = LRUCache<string, readonly Field[]>

/** Fields of the statements that a session has run, by statement id. */
const fieldCaches = new WeakMap<Connection, FieldCache>()

/**
 * Types whose text is their value. Rows as arrays also keep float8 as text, which documents write
 * as it is.
 */
const TEXT_TYPES: ReadonlySet<number> = new Set([18, 19, 25, 1042, 1043])
const FLOAT8 = 701

/**
 * A statement that returns rows. A session requests the row description once per statement id,
 * because parsing it costs more than parsing a row. With `isServerPrepared`, the server also keeps
 * the parsed statement under that id.
 */
export class PreparedQuery {
  /** Name on the server; empty: not prepared. */
  readonly name: string
  private readonly rows: unknown[] = []
  private fields: readonly Field[] = []
  private error: Error | null = null

  constructor(
    private readonly id: string,
    isServerPrepared: boolean,
    readonly text: string,
    private readonly values: readonly unknown[],
    private readonly asArrays: boolean,
    private readonly types: pg.CustomTypesConfig,
    private readonly done: (error: Error | null, rows: unknown[]) => void,
  ) {
    this.name = isServerPrepared ? id : ''
  }

  submit(connection: Connection): null {
    const cached = fieldCaches.get(connection)?.get(this.id)
    this.fields = cached ?? []
    connection.stream.cork()
    try {
      // pg records the names that the session has prepared.
      if (this.name === '' || connection.parsedStatements[this.name] === undefined) connection.parse(this)
      connection.bind({ statement: this.name, values: this.values, valueMapper: encodeParameter })
      if (!cached) connection.describe({ type: 'P' })
      connection.execute({ rows: 0 })
      connection.sync()
    } finally {
      connection.stream.uncork()
    }
    return null
  }

  handleRowDescription({ fields }: { fields: { name: string; dataTypeID: number }[] }): void {
    this.fields = fields.map(({ name, dataTypeID }) => ({
      name,
      parse:
        TEXT_TYPES.has(dataTypeID) || (this.asArrays && dataTypeID === FLOAT8)
          ? undefined
          : (this.types.getTypeParser(dataTypeID) as Field['parse']),
    }))
  }

  handleDataRow({ fields: values }: { fields: (string | null)[] }): void {
    if (this.error) return
    try {
      const { fields } = this
      const row: unknown[] = values
      for (let index = 0; index < fields.length; index++) {
        const { parse } = fields[index]!
        if (parse && row[index] !== null) row[index] = parse(row[index] as string)
      }
      this.rows.push(
        this.asArrays ? row : Object.fromEntries(fields.map(({ name }, index) => [name, row[index]])),
      )
    } catch (error) {
      this.error = error as Error
    }
  }

  handleCommandComplete(_: unknown, connection: Connection): void {
    const cache: FieldCache = fieldCaches.get(connection) ?? new LRUCache({ max: MAX_CACHED_STATEMENTS })
    if (cache.has(this.id)) return
    fieldCaches.set(connection, cache.set(this.id, this.fields))
  }

  handleEmptyQuery(): void {}

  handlePortalSuspended(): void {}

  handleError(error: Error): void {
    this.done(error, [])
  }

  handleReadyForQuery(): void {
    this.done(this.error, this.rows)
  }
}

/** Removes a stale statement from the caches of a session. */
export function dropStatement(client: object, id: string): void {
  const { connection } = client as { connection: Connection }
  delete connection.parsedStatements[id]
  fieldCaches.get(connection)?.delete(id)
}

/** Ends a session at once; its running statement fails. */
export function destroyConnection(client: object): void {
  const { connection } = client as { connection: Connection }
  connection.stream.destroy()
}

/** Encodes a value in the text format of the protocol. */
function encodeParameter(value: unknown): unknown {
  if (value === null || value === undefined) return null
  if (typeof value === 'string' || Buffer.isBuffer(value)) return value
  if (!Array.isArray(value)) return String(value)
  return `{${value.map((each) => (each === null ? 'null' : `"${String(each).replace(/["\\]/g, '\\$&')}"`)).join(',')}}`
}
