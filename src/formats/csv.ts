import type { DocumentSchema, Row } from '../documents/document.js'
import { stripIllegalCharacters } from '../standard/text.js'
import { formatScalar } from './text.js'

/** RFC 4180, section 3 */
export const contentType = 'text/csv; charset=utf-8; header=present'

interface Column {
  name: string
  /**
   * Field name, if it differs from the column name; null: GeoReport v2 has no such field, the column is
   * empty.
   */
  field?: string | null
  format?: (text: string) => string
}

/** The columns of GeoReport Bulk in the order of its sample, followed by columns of our own. */
const COLUMNS: readonly Column[] = [
  { name: 'service_request_id' },
  { name: 'requested_datetime' },
  { name: 'updated_datetime' },
  { name: 'closed_date', field: 'closed_datetime' },
  { name: 'status_description', field: 'status', format: capitalize },
  { name: 'status_notes' },
  { name: 'source', field: 'channel' },
  { name: 'service_name' },
  { name: 'service_subtype', field: null },
  { name: 'description' },
  { name: 'agency_responsible' },
  { name: 'address' },
  { name: 'lat' },
  { name: 'long' },
  { name: 'service_code' },
  { name: 'zipcode' },
  { name: 'media_url' },
  { name: 'expected_datetime' },
]

const HEADER = `${COLUMNS.map(({ name }) => name).join(',')}\r\n`

/**
 * Compiles a list schema into a GeoReport Bulk encoder: header and one line per row, each ending in CRLF
 * (RFC 4180).
 */
export function compileCsv(schema: DocumentSchema): (rows: readonly Row[]) => string {
  const encodeCells = COLUMNS.map((column) => compileCell(column, schema))
  return (rows) => {
    let text = HEADER
    for (const row of rows) text += `${encodeCells.map((encodeCell) => encodeCell(row)).join(',')}\r\n`
    return text
  }
}

function compileCell({ name, field = name, format }: Column, schema: DocumentSchema): (row: Row) => string {
  if (field === null) return () => ''
  const definition = schema.fields.find((each) => each.name === field)
  // Columns that are not in the schema, such as closed_datetime, are texts.
  const kind = definition !== undefined && 'kind' in definition ? definition.kind : 'text'
  return (row) => {
    const value = row[field]
    if (value === null || value === undefined) return ''
    // Not escaped: a negative number starts like a formula but must stay a number.
    if (kind !== 'text') return formatScalar(kind, value)
    const text = stripIllegalCharacters(value as string)
    return escapeCell(format ? format(text) : text)
  }
}

/** GeoReport Bulk capitalises the status: Open, Closed. */
function capitalize(status: string): string {
  return status.charAt(0).toUpperCase() + status.slice(1)
}

/**
 * Quotes a cell and prevents CSV formula injection: a leading `=`, `+`, `-`, `@`, tab or CR gets an
 * apostrophe.
 */
function escapeCell(text: string): string {
  const safe = text.replace(/^[=+\-@\t\r]/, "'$&")
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
