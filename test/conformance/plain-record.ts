import type { Element } from './strict-xml.js'

// Converts XML and JSON to one plain form, so that records of both formats compare with toEqual.

export type Plain = string | Plain[] | { [name: string]: Plain }
export type PlainRecord = { [name: string]: Plain }

/** GR-XML-02: item name by wrapper name; the last ones belong to extensions. */
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

function normalizeNumber(text: string): string {
  return text === '' ? '' : String(Number(text))
}

/** Trims XML white space. Another test checks that servers trim it (GR-XML-08). */
export function trimXmlSpace(text: string): string {
  return text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '')
}

export function xmlToPlain(element: Element): Plain {
  const item = ITEM[element.name]
  if (item !== undefined)
    return element.children.map((child) => {
      if (child.name !== item)
        throw new Error(`<${child.name}> stands in <${element.name}> where only <${item}> belongs`)
      return xmlToPlain(child)
    })
  if (element.name === 'request' || element.children.length > 0) {
    const record: PlainRecord = {}
    for (const child of element.children) {
      if (child.name in record) throw new Error(`<${child.name}> twice in <${element.name}>`)
      record[child.name] = xmlToPlain(child)
    }
    return record
  }
  return NUMERIC.has(element.name) ? normalizeNumber(element.text) : trimXmlSpace(element.text)
}

/** Converts null and "" to an empty text (GR-JSON-05, A-03). */
export function jsonToPlain(value: unknown, name = ''): Plain {
  if (value === null) return ''
  if (typeof value === 'string') return NUMERIC.has(name) ? normalizeNumber(value) : trimXmlSpace(value)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) return value.map((one) => jsonToPlain(one))
  if (typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, jsonToPlain(one, key)]))
  throw new Error(`${typeof value} is not JSON`)
}
