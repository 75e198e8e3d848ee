import type { Element } from './strict-xml.js'

// XML and JSON of one record, brought to one plain shape, so that two formats are equal when toEqual says so.

export type Plain = string | Plain[] | { [name: string]: Plain }
export type PlainRecord = { [name: string]: Plain }

/** GR-XML-02: wrapper and item; the last ones are of extensions. */
export const ITEM: Record<string, string> = {
  services: 'service',
  attributes: 'attribute',
  values: 'value',
  service_requests: 'request',
  errors: 'error',
  endpoints: 'endpoint',
  formats: 'format',
  areas: 'area',
  duplicates: 'duplicate',
  service_request_updates: 'request_update',
  media_urls: 'media_url',
  notes: 'note',
}

const NUMERIC = new Set(['lat', 'long'])

function number(text: string): string {
  return text === '' ? '' : String(Number(text))
}

/** Without the blanks XML knows around it; whether a server trims by itself is the business of GR-XML-08. */
export function trimmed(text: string): string {
  return text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '')
}

export function plainXml(element: Element): Plain {
  const item = ITEM[element.name]
  if (item !== undefined)
    return element.children.map((child) => {
      if (child.name !== item)
        throw new Error(`<${child.name}> stands in <${element.name}> where only <${item}> belongs`)
      return plainXml(child)
    })
  if (element.name === 'request' || element.children.length > 0) {
    const record: PlainRecord = {}
    for (const child of element.children) {
      if (child.name in record) throw new Error(`<${child.name}> twice in <${element.name}>`)
      record[child.name] = plainXml(child)
    }
    return record
  }
  return NUMERIC.has(element.name) ? number(element.text) : trimmed(element.text)
}

/** null and "" are both the empty element (GR-JSON-05, A-03). */
export function plainJson(value: unknown, name = ''): Plain {
  if (value === null) return ''
  if (typeof value === 'string') return NUMERIC.has(name) ? number(value) : trimmed(value)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return value.map((one) => plainJson(one))
  if (typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plainJson(one, key)]))
  throw new Error(`${typeof value} is not JSON`)
}
