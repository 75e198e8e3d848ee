import type pg from 'pg'

/** What pg gives a query to speak with the server; the interface that its cursors and streams use too. */
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
  /** Absent: the text as it comes. */
  read: ((text: string) => unknown) | undefined
}

/** What is known of statements that a session has run: their columns. */
const statementFields = new WeakMap<Connection, Map<string, readonly Field[]>>()

/** Types whose text is their value, and float8, which documents write as text again. */
const TEXT_TYPES: ReadonlySet<number> = new Set([18, 19, 25, 1042, 1043])
const FLOAT8 = 701

/**
 * A statement that is known by a name: it is described once a session, for reading a description costs more than reading
 * a row. If it `isKept`, the server keeps it by that name too, parsed and planned. It has to give rows.
 */
export class PreparedQuery {
  /** What the server calls it. */
  readonly name: string
  private readonly rows: unknown[] = []
  private fields: readonly Field[] = []
  private fault: Error | null = null

  constructor(
    private readonly id: string,
    isKept: boolean,
    readonly text: string,
    private readonly values: readonly unknown[],
    private readonly asArrays: boolean,
    private readonly types: pg.CustomTypesConfig,
    private readonly done: (error: Error | null, rows: unknown[]) => void,
  ) {
    this.name = isKept ? id : ''
  }

  submit(connection: Connection): null {
    const known = statementFields.get(connection)?.get(this.id)
    this.fields = known ?? []
    connection.stream.cork()
    try {
      // pg notes which names the server has parsed.
      if (this.name === '' || connection.parsedStatements[this.name] === undefined) connection.parse(this)
      connection.bind({ statement: this.name, values: this.values, valueMapper: encodeParameter })
      if (!known) connection.describe({ type: 'P' })
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
      read:
        TEXT_TYPES.has(dataTypeID) || (this.asArrays && dataTypeID === FLOAT8)
          ? undefined
          : (this.types.getTypeParser(dataTypeID) as Field['read']),
    }))
  }

  handleDataRow({ fields: values }: { fields: (string | null)[] }): void {
    if (this.fault) return
    try {
      const { fields } = this
      const row: unknown[] = values
      for (let index = 0; index < fields.length; index++) {
        const { read } = fields[index]!
        if (read && row[index] !== null) row[index] = read(row[index] as string)
      }
      this.rows.push(
        this.asArrays ? row : Object.fromEntries(fields.map(({ name }, index) => [name, row[index]])),
      )
    } catch (error) {
      this.fault = error as Error
    }
  }

  handleCommandComplete(_: unknown, connection: Connection): void {
    const known = statementFields.get(connection) ?? new Map<string, readonly Field[]>()
    if (known.has(this.id)) return
    statementFields.set(connection, known.set(this.id, this.fields))
  }

  handleEmptyQuery(): void {}

  handlePortalSuspended(): void {}

  handleError(error: Error): void {
    this.done(error, [])
  }

  handleReadyForQuery(): void {
    this.done(this.fault, this.rows)
  }
}

/** Forgets a statement that the server no longer has, or has in another form. */
export function dropStatement(client: object, id: string): void {
  const { connection } = client as { connection: Connection }
  delete connection.parsedStatements[id]
  statementFields.get(connection)?.delete(id)
}

/** Ends a session at once: what it was doing fails. */
export function destroyConnection(client: object): void {
  const { connection } = client as { connection: Connection }
  connection.stream.destroy()
}

/** A value as the protocol has it. */
function encodeParameter(value: unknown): unknown {
  if (value === null || value === undefined) return null
  if (typeof value === 'string' || Buffer.isBuffer(value)) return value
  if (!Array.isArray(value)) return String(value)
  return `{${value.map((each) => (each === null ? 'null' : `"${String(each).replace(/["\\]/g, '\\$&')}"`)).join(',')}}`
}
