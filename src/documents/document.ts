/**
 * A document described once, for every format: names, order and kinds of its fields. Formats compile the description
 * into a writer when the program starts, so that they always agree and decide nothing per row (GR-JSON-08, A-05).
 */
export interface DocumentSchema {
  /** The XML root; JSON drops it (GR-JSON-01). */
  root: string
  /** What it is called among other schemas, where several documents have that root (EXT-46). */
  name?: string
  /** Set: the document is a list of such items, and a bare array in JSON (GR-JSON-02, GR-JSON-03). */
  item?: string
  fields: readonly Field[]
}

export type Field = ValueField | ListField | ObjectField

export interface ValueField {
  name: string
  /** decimal: a number with at least one digit after the point and no exponent. */
  kind: 'text' | 'integer' | 'decimal' | 'boolean'
  /**
   * What stands for null: `null`: JSON null and an empty element (GR-XML-05, GR-JSON-05); `empty`: "" and an
   * empty element. A field whose value is undefined is left out.
   */
  nullAs?: 'null' | 'empty'
}

export interface ListField {
  name: string
  /** The XML element of each item (GR-XML-02). */
  item: string
  /** Fields of the items, or `text` for a list of plain strings (GR-JSON-04). */
  items: readonly Field[] | 'text'
}

/** An object within an item; undefined leaves it out. */
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

/** Values by field name, as a store function or the catalog gives them. */
export type Row = Readonly<Record<string, unknown>>

/** Many rows as a store reads them: values by the position of their column. */
export interface Table {
  columns: readonly string[]
  rows: readonly (readonly unknown[])[]
  /**
   * A row that is the same as before is the same array, and a list that is the same as before the same table: what was made
   * of them can be used again.
   */
  isCached?: boolean
}

export function isTable(value: Row | readonly Row[] | Table): value is Table {
  return 'columns' in value && 'rows' in value && Array.isArray(value.rows)
}

/** The rows of a table by the names of their columns. */
export function toRows({ columns, rows }: Table): Row[] {
  return rows.map((values) => Object.fromEntries(columns.map((name, index) => [name, values[index]])))
}

/** Where the values of `fields` are in the rows of a table with these columns; -1: nowhere. */
export function findPositions(fields: readonly Field[], columns: readonly string[]): number[] {
  return fields.map(({ name }) => columns.indexOf(name))
}

/** The values of `row` in the order of `fields`. */
export function orderValues(fields: readonly Field[], row: Row): unknown[] {
  return fields.map(({ name }) => row[name])
}
