import {
  type DocumentSchema,
  type Field,
  findColumnIndexes,
  isListField,
  isObjectField,
  isTable,
  orderValues,
  type Row,
  type Table,
} from '../documents/document.js'
import { stripIllegalCharacters } from '../standard/text.js'
import { CHUNK_LENGTH, type Chunks, formatScalar, memoizeBytes } from './text.js'

/** GR-ENC-02, A-34 */
export const contentType = 'text/xml; charset=utf-8'

// GR-ENC-04: the first bytes. GR-XML-01, 03: no namespace, no attributes, anywhere.
const DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'

/** Fast path: texts without any of these need neither escaping nor cleaning. */
const NEEDS_ESCAPING = /[\u0000-\u0008\u000B-\u001F&<>\uD800-\uDFFF\uFFFE\uFFFF]/
// XML parsers turn a bare CR into LF. A character reference preserves it, so XML and JSON carry the same
// text.
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' }

/** Escapes element content and removes characters that XML 1.0 forbids (GR-ENC-07, A-57). */
export function escapeText(text: string): string {
  if (!NEEDS_ESCAPING.test(text)) return text
  return stripIllegalCharacters(text).replace(/[&<>\r]/g, (character) => ESCAPES[character]!)
}

/**
 * Compiles `schema` into an XML encoder: elements in field order (GR-XML-04), no white space between them
 * (GR-XML-07). It returns chunks to be concatenated (see CHUNK_LENGTH).
 */
export function compileXmlChunks(schema: DocumentSchema): (value: Row | readonly Row[] | Table) => Chunks {
  const { root, item, fields } = schema
  const encodeContent = compileFields(fields)
  const inFieldOrder = fields.map((_, index) => index)
  if (item === undefined)
    return (value) => [
      `${DECLARATION}<${root}>${encodeContent(orderValues(fields, value as Row), inFieldOrder)}</${root}>`,
    ]
  const [open, close] = [`<${item}>`, `</${item}>`]
  const encodeElement = memoizeBytes((values, indexes) => open + encodeContent(values, indexes) + close)
  return (value) => {
    const chunks: string[] = []
    const { indexes, rows } = isTable(value)
      ? { indexes: findColumnIndexes(fields, value.columns), rows: value.rows }
      : { indexes: inFieldOrder, rows: (value as readonly Row[]).map((row) => orderValues(fields, row)) }
    if (isTable(value) && value.isCached) {
      const elements = rows.map((values) => encodeElement(values, indexes))
      return [`${DECLARATION}<${root}>`, ...elements, `</${root}>`]
    }
    let chunk = `${DECLARATION}<${root}>`
    for (const values of rows) {
      chunk += open + encodeContent(values, indexes) + close
      if (chunk.length < CHUNK_LENGTH) continue
      chunks.push(chunk)
      chunk = ''
    }
    chunks.push(`${chunk}</${root}>`)
    return chunks
  }
}

interface Element {
  open: string
  close: string
  isText: boolean
  encode(value: unknown): string
}

/** Compiles an encoder of the elements of one item. */
function compileFields(
  fields: readonly Field[],
): (values: readonly unknown[], indexes: readonly number[]) => string {
  const elements = fields.map(compileField)
  return (values, indexes) => {
    let text = ''
    for (let index = 0; index < elements.length; index++) {
      const value = values[indexes[index]!]
      if (value === undefined) continue
      const { open, close, isText, encode } = elements[index]!
      if (value === null)
        text += open + close // GR-XML-05
      else text += open + (isText ? escapeText(value as string) : encode(value)) + close
    }
    return text
  }
}

function compileField(field: Field): Element {
  const { name } = field
  const element = { open: `<${name}>`, close: `</${name}>`, isText: false }
  if (isObjectField(field)) return { ...element, encode: compileObject(field.fields) }
  if (isListField(field)) return { ...element, encode: compileList(field.item, field.items) }
  const { kind } = field
  return { ...element, isText: kind === 'text', encode: (value) => formatScalar(kind, value) } // GR-XML-06
}

function compileObject(fields: readonly Field[]): (value: unknown) => string {
  const encodeContent = compileFields(fields)
  const inFieldOrder = fields.map((_, index) => index)
  return (value) => encodeContent(orderValues(fields, value as Row), inFieldOrder)
}

function compileList(item: string, itemFields: readonly Field[] | 'text'): (value: unknown) => string {
  const encodeContent =
    itemFields === 'text' ? (value: unknown) => escapeText(value as string) : compileObject(itemFields)
  return (value) => {
    let items = ''
    for (const each of value as readonly unknown[]) items += `<${item}>${encodeContent(each)}</${item}>`
    return items
  }
}
