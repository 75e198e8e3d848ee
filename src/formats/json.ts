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

/** GR-ENC-03 */
export const contentType = 'application/json; charset=utf-8'

/** What has to be escaped or may be illegal: most texts have none of it. */
const NEEDS_ESCAPING = /[\u0000-\u001F"\\\uD800-\uDFFF\uFFFE\uFFFF]/

/** `empty` stands for a text of which nothing is left. */
function quote(text: string, empty = '""'): string {
  if (!NEEDS_ESCAPING.test(text)) return text === '' ? empty : `"${text}"`
  const legal = stripIllegalCharacters(text)
  return legal === '' ? empty : JSON.stringify(legal)
}

/** Compiles `schema` into a writer of its JSON: no root, bare arrays, one member a field (GR-JSON-01 to 03). */
export function compileJson(schema: DocumentSchema): (value: Row | readonly Row[] | Table) => string {
  const pieces = compileJsonPieces(schema)
  return (value) => pieces(value).join('')
}

/** The same, in pieces to be put together (see `PIECE`). */
export function compileJsonPieces(schema: DocumentSchema): (value: Row | readonly Row[] | Table) => Pieces {
  const { fields, item } = schema
  const object = compileFields(fields)
  const inOrder = fields.map((_, index) => index)
  if (item === undefined) return (value) => [object(orderValues(fields, value as Row), inOrder)]
  const following = memoizeBytes((values, at) => `,${object(values, at)}`)
  return (value) => {
    const pieces: string[] = []
    const { at, rows } = isTable(value)
      ? { at: findPositions(fields, value.columns), rows: value.rows }
      : { at: inOrder, rows: (value as readonly Row[]).map((row) => orderValues(fields, row)) }
    if (isTable(value) && value.isCached) {
      const objects = rows.map((values) => following(values, at))
      return ['[', ...objects.slice(0, 1).map((first) => first.subarray(1)), ...objects.slice(1), ']']
    }
    let piece = '['
    for (let index = 0; index < rows.length; index++) {
      piece += index === 0 ? object(rows[index]!, at) : `,${object(rows[index]!, at)}`
      if (piece.length < PIECE_LENGTH) continue
      pieces.push(piece)
      piece = ''
    }
    pieces.push(`${piece}]`)
    return pieces
  }
}

/** One member: its name as it is written, and what is written for a value. */
interface Member {
  key: string
  isText: boolean
  /** For null: GR-JSON-05, A-03; and for an empty text: GR-JSON-06, A-01. */
  nothing: string
  empty: string
  write(value: unknown): string
}

/** Writes an object from values, of which each field has one `at` its position. */
function compileFields(
  fields: readonly Field[],
): (values: readonly unknown[], at: readonly number[]) => string {
  const members = fields.map(compileField)
  return (values, at) => {
    let text = '{'
    for (let index = 0; index < members.length; index++) {
      const value = values[at[index]!]
      if (value === undefined) continue
      const { key, isText, nothing, empty, write } = members[index]!
      text += text === '{' ? key : `,${key}`
      if (value === null) text += nothing
      else if (isText) text += quote(value as string, empty)
      else text += write(value)
    }
    return `${text}}`
  }
}

function compileField(field: Field): Member {
  const member = { key: `${JSON.stringify(field.name)}:`, isText: false, nothing: 'null', empty: '""' }
  if (isObjectField(field)) return { ...member, write: compileObject(field.fields) }
  if (isListField(field)) return { ...member, write: compileList(field.items) } // GR-JSON-04
  const { kind, nullAs } = field
  return {
    ...member,
    isText: kind === 'text',
    nothing: nullAs === 'empty' ? '""' : 'null',
    empty: nullAs === 'null' ? 'null' : '""',
    write: (value) => formatScalar(kind, value), // GR-JSON-07, A-02
  }
}

function compileObject(fields: readonly Field[]): (value: unknown) => string {
  const object = compileFields(fields)
  const inOrder = fields.map((_, index) => index)
  return (value) => object(orderValues(fields, value as Row), inOrder)
}

function compileList(of: readonly Field[] | 'text'): (value: unknown) => string {
  const item = of === 'text' ? (value: unknown) => quote(value as string) : compileObject(of)
  return (value) => `[${(value as readonly unknown[]).map(item).join(',')}]`
}
