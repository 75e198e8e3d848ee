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

/** GR-ENC-03 */
export const contentType = 'application/json; charset=utf-8'

/** Fast path: texts without any of these need neither escaping nor cleaning. */
const NEEDS_ESCAPING = /[\u0000-\u001F"\\\uD800-\uDFFF\uFFFE\uFFFF]/

/** Encodes a text as a JSON string; returns `empty` if no legal character is left. */
function quote(text: string, empty = '""'): string {
  if (!NEEDS_ESCAPING.test(text)) return text === '' ? empty : `"${text}"`
  const legal = stripIllegalCharacters(text)
  return legal === '' ? empty : JSON.stringify(legal)
}

/**
 * Compiles `schema` into a JSON encoder: no root, bare arrays, one member per field (GR-JSON-01 to 03).
 */
export function compileJson(schema: DocumentSchema): (value: Row | readonly Row[] | Table) => string {
  const encodeChunks = compileJsonChunks(schema)
  return (value) => encodeChunks(value).join('')
}

/** Like `compileJson`, in chunks to be concatenated (see CHUNK_LENGTH). */
export function compileJsonChunks(schema: DocumentSchema): (value: Row | readonly Row[] | Table) => Chunks {
  const { fields, item } = schema
  const encodeObject = compileFields(fields)
  const inFieldOrder = fields.map((_, index) => index)
  if (item === undefined) return (value) => [encodeObject(orderValues(fields, value as Row), inFieldOrder)]
  const encodeFollowing = memoizeBytes((values, indexes) => `,${encodeObject(values, indexes)}`)
  return (value) => {
    const chunks: string[] = []
    const { indexes, rows } = isTable(value)
      ? { indexes: findColumnIndexes(fields, value.columns), rows: value.rows }
      : { indexes: inFieldOrder, rows: (value as readonly Row[]).map((row) => orderValues(fields, row)) }
    if (isTable(value) && value.isCached) {
      // Memoised objects start with a comma; the first one loses it.
      const objects = rows.map((values) => encodeFollowing(values, indexes))
      return ['[', ...objects.slice(0, 1).map((first) => first.subarray(1)), ...objects.slice(1), ']']
    }
    let chunk = '['
    for (let index = 0; index < rows.length; index++) {
      chunk += index === 0 ? encodeObject(rows[index]!, indexes) : `,${encodeObject(rows[index]!, indexes)}`
      if (chunk.length < CHUNK_LENGTH) continue
      chunks.push(chunk)
      chunk = ''
    }
    chunks.push(`${chunk}]`)
    return chunks
  }
}

/** Encoding of one field. */
interface Member {
  /** Encoded name with its colon. */
  key: string
  isText: boolean
  /** Encoding of null (GR-JSON-05, A-03). */
  ifNull: string
  /** Encoding of an empty text (GR-JSON-06, A-01). */
  ifEmpty: string
  encode(value: unknown): string
}

/** Compiles an encoder of one object. */
function compileFields(
  fields: readonly Field[],
): (values: readonly unknown[], indexes: readonly number[]) => string {
  const members = fields.map(compileField)
  return (values, indexes) => {
    let text = '{'
    for (let index = 0; index < members.length; index++) {
      const value = values[indexes[index]!]
      if (value === undefined) continue
      const { key, isText, ifNull, ifEmpty, encode } = members[index]!
      text += text === '{' ? key : `,${key}`
      if (value === null) text += ifNull
      else if (isText) text += quote(value as string, ifEmpty)
      else text += encode(value)
    }
    return `${text}}`
  }
}

function compileField(field: Field): Member {
  const member = { key: `${JSON.stringify(field.name)}:`, isText: false, ifNull: 'null', ifEmpty: '""' }
  if (isObjectField(field)) return { ...member, encode: compileObject(field.fields) }
  if (isListField(field)) return { ...member, encode: compileList(field.items) } // GR-JSON-04
  const { kind, nullAs } = field
  return {
    ...member,
    isText: kind === 'text',
    ifNull: nullAs === 'empty' ? '""' : 'null',
    ifEmpty: nullAs === 'null' ? 'null' : '""',
    encode: (value) => formatScalar(kind, value), // GR-JSON-07, A-02
  }
}

function compileObject(fields: readonly Field[]): (value: unknown) => string {
  const encodeObject = compileFields(fields)
  const inFieldOrder = fields.map((_, index) => index)
  return (value) => encodeObject(orderValues(fields, value as Row), inFieldOrder)
}

function compileList(itemFields: readonly Field[] | 'text'): (value: unknown) => string {
  const encodeItem =
    itemFields === 'text' ? (value: unknown) => quote(value as string) : compileObject(itemFields)
  return (value) => `[${(value as readonly unknown[]).map(encodeItem).join(',')}]`
}
