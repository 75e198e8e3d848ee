import {
  type DocumentSchema,
  type Field,
  isList,
  isObject,
  type Row,
  type ValueField,
} from '../documents/document.js'
import { legalText } from '../standard/text.js'
import { plainText } from './text.js'

/** GR-ENC-03 */
export const contentType = 'application/json; charset=utf-8'

/** Compiles `schema` into a writer of its JSON: no root, bare arrays, one member a field (GR-JSON-01 to 03). */
export function compile(schema: DocumentSchema): (value: Row | readonly Row[]) => string {
  const object = compileFields(schema.fields)
  if (schema.item === undefined) return (value) => object(value as Row)
  return (value) => `[${(value as readonly Row[]).map(object).join(',')}]`
}

function compileFields(fields: readonly Field[]): (row: Row) => string {
  const writers = fields.map(compileField)
  return (row) => {
    let text = ''
    for (const write of writers) {
      const member = write(row)
      if (member !== '') text += text === '' ? member : `,${member}`
    }
    return `{${text}}`
  }
}

function compileField(field: Field): (row: Row) => string {
  if (isObject(field)) return compileObject(field.name, field.fields)
  return isList(field) ? compileList(field.name, field.of) : compileValue(field)
}

function compileObject(name: string, fields: readonly Field[]): (row: Row) => string {
  const key = `${JSON.stringify(name)}:`
  const object = compileFields(fields)
  return (row) => (row[name] === undefined ? '' : key + object(row[name] as Row))
}

function compileValue({ name, kind, none }: ValueField): (row: Row) => string {
  const key = `${JSON.stringify(name)}:`
  const nothing = key + (none === 'empty' ? '""' : 'null') // GR-JSON-05, A-03
  return (row) => {
    const value = row[name]
    if (value === undefined) return ''
    if (value === null) return nothing
    if (kind !== 'text') return key + plainText(kind, value) // GR-JSON-07, A-02
    const text = legalText(value as string)
    return text === '' && none === 'null' ? nothing : key + JSON.stringify(text) // GR-JSON-06, A-01
  }
}

function compileList(name: string, of: readonly Field[] | 'text'): (row: Row) => string {
  const key = `${JSON.stringify(name)}:`
  const item =
    of === 'text' ? (value: unknown) => JSON.stringify(legalText(value as string)) : compileFields(of)
  return (row) => {
    const values = row[name] as readonly Row[] | undefined
    return values === undefined ? '' : `${key}[${values.map((value) => item(value)).join(',')}]` // GR-JSON-04
  }
}
