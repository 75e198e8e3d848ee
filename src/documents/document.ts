/**
 * Schema of a document, shared by all formats: names, order and kinds of its fields. Each format compiles
 * the schema into an encoder at start-up, so that the formats agree and decide nothing per row
 * (GR-JSON-08, A-05).
 */
export interface DocumentSchema {
  /** The XML root element; JSON omits it (GR-JSON-01). */
  root: string
  /**
   * Schema name in OpenAPI (EXT-46); required if several documents share the root. Default: derived from
   * `root`.
   */
  name?: string
  /**
   * XML element of a list item. If set, the document is a list: a bare array in JSON (GR-JSON-02,
   * GR-JSON-03).
   */
  item?: string
  fields: readonly Field[]
}

export type Field = ValueField | ListField | ObjectField

export interface ValueField {
  name: string
  /** decimal: a number with at least one digit after the point and no exponent. */
  kind: 'text' | 'integer' | 'decimal' | 'boolean'
  /**
   * Encoding of null. `null`: JSON null and an empty element (GR-XML-05, GR-JSON-05). `empty`: ""
   * and an empty element. Undefined values are omitted.
   */
  nullAs?: 'null' | 'empty'
}

export interface ListField {
  name: string
  /** The XML element of each item (GR-XML-02). */
  item: string
  /** Fields of each item, or `text` for a list of strings (GR-JSON-04). */
  items: readonly Field[] | 'text'
}

/** A nested object; undefined omits it. */
export interface ObjectField {
  name: string
  fields: readonly Field[]
}

export function isObjectField(field: Field): field is ObjectField {
  return 'fields' in field
}

export function isListField(field: Field): field is ListField {
  return 'items' in field
}

/** Values by field name. */
export type Row = Readonly<Record<string, unknown>>

/** Query result: `rows[i][j]` is the value of `columns[j]`. */
export interface Table {
  columns: readonly string[]
  rows: readonly (readonly unknown[])[]
  /**
   * True if rows come from the row cache: an unchanged row is the identical array and an unchanged list
   * the identical table, so encoders memoise by identity.
   */
  isCached?: boolean
}

export function isTable(value: Row | readonly Row[] | Table): value is Table {
  return 'columns' in value && 'rows' in value && Array.isArray(value.rows)
}

/** Converts the rows of a table to objects by column name. */
export function toRows({ columns, rows }: Table): Row[] {
  return rows.map((values) => Object.fromEntries(columns.map((name, index) => [name, values[index]])))
}

/** Returns the column index of each field; -1: no such column. */
export function findColumnIndexes(fields: readonly Field[], columns: readonly string[]): number[] {
  return fields.map(({ name }) => columns.indexOf(name))
}

/** Returns the values of `row` in the order of `fields`. */
export function orderValues(fields: readonly Field[], row: Row): unknown[] {
  return fields.map(({ name }) => row[name])
}
