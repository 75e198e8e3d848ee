import {
  type DocumentSchema,
  type Field,
  findPositions,
  isListField,
  isObjectField,
  isTable,
  orderValues,
  type Row,
  type Table,
} from '../documents/document.js'
import { stripIllegalCharacters } from '../standard/text.js'
import { formatScalar, memoizeBytes, PIECE_LENGTH, type Pieces } from './text.js'

/** GR-ENC-02, A-34 */
export const contentType = 'text/xml; charset=utf-8'

// GR-ENC-04: the first bytes. GR-XML-01, 03: no namespace, no attributes, anywhere.
const DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'

/** What has to be escaped or may be illegal: most texts have none of it. */
const NEEDS_ESCAPING = /[\u0000-\u0008\u000B-\u001F&<>\uD800-\uDFFF\uFFFE\uFFFF]/
// A parser turns a bare CR into LF; a reference keeps it, so that both formats carry the same text.
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' }

/** `text` as the content of an element: escaped, and without what XML 1.0 forbids (GR-ENC-07, A-57). */
export function escapeText(text: string): string {
  if (!NEEDS_ESCAPING.test(text)) return text
  return stripIllegalCharacters(text).replace(/[&<>\r]/g, (character) => ESCAPES[character]!)
}

/** Compiles `schema` into a writer of its XML, in the order of its fields (GR-XML-04). No white space between elements (GR-XML-07). */
export function compileXml(schema: DocumentSchema): (value: Row | readonly Row[] | Table) => string {
  const pieces = compileXmlPieces(schema)
  return (value) => pieces(value).join('')
}

/** The same, in pieces to be put together (see `PIECE`). */
export function compileXmlPieces(schema: DocumentSchema): (value: Row | readonly Row[] | Table) => Pieces {
  const { root, item, fields } = schema
  const content = compileFields(fields)
  const inOrder = fields.map((_, index) => index)
  if (item === undefined)
    return (value) => [
      `${DECLARATION}<${root}>${content(orderValues(fields, value as Row), inOrder)}</${root}>`,
    ]
  const [open, close] = [`<${item}>`, `</${item}>`]
  const element = memoizeBytes((values, at) => open + content(values, at) + close)
  return (value) => {
    const pieces: string[] = []
    const { at, rows } = isTable(value)
      ? { at: findPositions(fields, value.columns), rows: value.rows }
      : { at: inOrder, rows: (value as readonly Row[]).map((row) => orderValues(fields, row)) }
    if (isTable(value) && value.isCached) {
      const elements = rows.map((values) => element(values, at))
      return [`${DECLARATION}<${root}>`, ...elements, `</${root}>`]
    }
    let piece = `${DECLARATION}<${root}>`
    for (const values of rows) {
      piece += open + content(values, at) + close
      if (piece.length < PIECE_LENGTH) continue
      pieces.push(piece)
      piece = ''
    }
    pieces.push(`${piece}</${root}>`)
    return pieces
  }
}

interface Element {
  open: string
  close: string
  isText: boolean
  write(value: unknown): string
}

/** Writes the elements of an item from values, of which each field has one `at` its position. */
function compileFields(
  fields: readonly Field[],
): (values: readonly unknown[], at: readonly number[]) => string {
  const elements = fields.map(compileField)
  return (values, at) => {
    let text = ''
    for (let index = 0; index < elements.length; index++) {
      const value = values[at[index]!]
      if (value === undefined) continue
      const { open, close, isText, write } = elements[index]!
      if (value === null)
        text += open + close // GR-XML-05
      else text += open + (isText ? escapeText(value as string) : write(value)) + close
    }
    return text
  }
}

function compileField(field: Field): Element {
  const { name } = field
  const element = { open: `<${name}>`, close: `</${name}>`, isText: false }
  if (isObjectField(field)) return { ...element, write: compileObject(field.fields) }
  if (isListField(field)) return { ...element, write: compileList(field.item, field.items) }
  const { kind } = field
  return { ...element, isText: kind === 'text', write: (value) => formatScalar(kind, value) } // GR-XML-06
}

function compileObject(fields: readonly Field[]): (value: unknown) => string {
  const content = compileFields(fields)
  const inOrder = fields.map((_, index) => index)
  return (value) => content(orderValues(fields, value as Row), inOrder)
}

function compileList(item: string, of: readonly Field[] | 'text'): (value: unknown) => string {
  const content = of === 'text' ? (value: unknown) => escapeText(value as string) : compileObject(of)
  return (value) => {
    let items = ''
    for (const each of value as readonly unknown[]) items += `<${item}>${content(each)}</${item}>`
    return items
  }
}
