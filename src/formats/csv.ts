import type { DocumentSchema, Row } from '../documents/document.js'
import { stripIllegalCharacters } from '../standard/text.js'
import { formatScalar } from './text.js'

/** RFC 4180, 3 */
export const contentType = 'text/csv; charset=utf-8; header=present'

interface Column {
  name: string
  /** The field it shows, if it is not named like the column; null: GeoReport v2 has nothing like it. */
  field?: string | null
  /** What is shown for the value of the field. */
  format?: (text: string) => string
}

/** The columns of GeoReport Bulk in the order of its sample, then what else a spreadsheet or an importer asks for. */
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

/** Compiles the list `schema` into a writer of GeoReport Bulk: a header, a line for each row, CRLF after each (RFC 4180). */
export function compileCsv(schema: DocumentSchema): (rows: readonly Row[]) => string {
  const cells = COLUMNS.map((column) => compileCell(column, schema))
  return (rows) => {
    let text = HEADER
    for (const row of rows) text += `${cells.map((cell) => cell(row)).join(',')}\r\n`
    return text
  }
}

function compileCell({ name, field = name, format }: Column, schema: DocumentSchema): (row: Row) => string {
  if (field === null) return () => ''
  const described = schema.fields.find((each) => each.name === field)
  // Fields that only the store knows, such as closed_datetime, are texts.
  const kind = described !== undefined && 'kind' in described ? described.kind : 'text'
  return (row) => {
    const value = row[field]
    if (value === null || value === undefined) return ''
    // A negative number begins like a formula, and has to stay a number.
    if (kind !== 'text') return formatScalar(kind, value)
    const text = stripIllegalCharacters(value as string)
    return escapeCell(format ? format(text) : text)
  }
}

/** GeoReport Bulk writes a status as a word with a capital letter. */
function capitalize(status: string): string {
  return status.charAt(0).toUpperCase() + status.slice(1)
}

/** `text` as a cell that no spreadsheet takes for a formula: what people report is opened in an office. */
function escapeCell(text: string): string {
  const harmless = text.replace(/^[=+\-@\t\r]/, "'$&")
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
