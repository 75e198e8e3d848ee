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

/** GR-ENC-02, A-34 */
export const contentType = 'text/xml; charset=utf-8'

// GR-ENC-04: the first bytes. GR-XML-01, 03: no namespace, no attributes, anywhere.
const DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'

const SPECIAL = /[&<>\r]/
// A parser turns a bare CR into LF; a reference keeps it, so that both formats carry the same text.
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' }

/** `text` as the content of an element: escaped, and without what XML 1.0 forbids (GR-ENC-07, A-57). */
export function escapeText(text: string): string {
  const legal = legalText(text)
  return SPECIAL.test(legal) ? legal.replace(/[&<>\r]/g, (character) => ESCAPES[character]!) : legal
}

/** Compiles `schema` into a writer of its XML, in the order of its fields (GR-XML-04). No white space between elements (GR-XML-07). */
export function compile(schema: DocumentSchema): (value: Row | readonly Row[]) => string {
  const content = compileFields(schema.fields)
  const { root, item } = schema
  if (item === undefined) return (value) => `${DECLARATION}<${root}>${content(value as Row)}</${root}>`
  return (value) => {
    let items = ''
    for (const row of value as readonly Row[]) items += `<${item}>${content(row)}</${item}>`
    return `${DECLARATION}<${root}>${items}</${root}>`
  }
}

function compileFields(fields: readonly Field[]): (row: Row) => string {
  const writers = fields.map(compileField)
  return (row) => {
    let text = ''
    for (const write of writers) text += write(row)
    return text
  }
}

function compileField(field: Field): (row: Row) => string {
  if (isObject(field)) return compileObject(field.name, field.fields)
  return isList(field) ? compileList(field.name, field.item, field.of) : compileValue(field)
}

function compileObject(name: string, fields: readonly Field[]): (row: Row) => string {
  const content = compileFields(fields)
  return (row) => (row[name] === undefined ? '' : `<${name}>${content(row[name] as Row)}</${name}>`)
}

function compileValue({ name, kind }: ValueField): (row: Row) => string {
  const open = `<${name}>`
  const close = `</${name}>`
  return (row) => {
    const value = row[name]
    if (value === undefined) return ''
    if (value === null) return open + close // GR-XML-05
    return open + (kind === 'text' ? escapeText(value as string) : plainText(kind, value)) + close // GR-XML-06
  }
}

function compileList(name: string, item: string, of: readonly Field[] | 'text'): (row: Row) => string {
  const content = of === 'text' ? (value: unknown) => escapeText(value as string) : compileFields(of)
  return (row) => {
    const values = row[name] as readonly Row[] | undefined
    if (values === undefined) return ''
    let items = ''
    for (const value of values) items += `<${item}>${content(value)}</${item}>`
    return `<${name}>${items}</${name}>`
  }
}
