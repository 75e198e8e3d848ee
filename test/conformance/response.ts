import { expect } from 'vitest'
import type { HttpResponse } from './client.js'
import { jsonToPlain, type Plain, type PlainRecord, xmlToPlain } from './plain-record.js'
import { type Element, readXml, type XmlDocument } from './strict-xml.js'
import type { Format } from './target.js'

/** Describes a response for assertion messages: method, URL, status, media type and the first 400 characters. */
export function describeResponse(response: HttpResponse): string {
  return `${response.method} ${response.url} returned ${response.status} ${response.headers.get('content-type')}: ${response.text.slice(0, 400)}`
}

export const CONTENT_TYPE: Record<Format, RegExp> = {
  xml: /^text\/xml; ?charset=utf-8$/i,
  json: /^application\/json; ?charset=utf-8$/i,
}

export function parseXml(response: HttpResponse): XmlDocument {
  try {
    const document = readXml(response.bytes)
    // For other servers only the XML tests check this.
    if (response.target.own) expect(document.faults, describeResponse(response)).toEqual([])
    return document
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}. ${describeResponse(response)}`)
  }
}

export function parseXmlRoot(response: HttpResponse): Element {
  return parseXml(response).root
}

export function parseJson(response: HttpResponse): unknown {
  try {
    return JSON.parse(response.text)
  } catch (error) {
    throw new Error(`${error}. ${describeResponse(response)}`)
  }
}

export function parsePlain(response: HttpResponse, format: Format): Plain {
  return format === 'xml' ? xmlToPlain(parseXmlRoot(response)) : jsonToPlain(parseJson(response))
}

export function expectOk(response: HttpResponse, format: Format): void {
  expect(response.status, describeResponse(response)).toBe(200)
  expect(response.headers.get('content-type') ?? '', describeResponse(response)).toMatch(CONTENT_TYPE[format])
}

/** Expects a list document and returns its records, in the same plain form for both formats. */
export function expectList(response: HttpResponse, format: Format): PlainRecord[] {
  expectOk(response, format)
  const list = parsePlain(response, format)
  expect(Array.isArray(list), describeResponse(response)).toBe(true)
  return list as PlainRecord[]
}

export function expectOne(response: HttpResponse, format: Format): PlainRecord {
  const list = expectList(response, format)
  expect(list.length, describeResponse(response)).toBe(1)
  return first(list)
}

export function expectObject(response: HttpResponse, format: Format): PlainRecord {
  expectOk(response, format)
  const object = parsePlain(response, format)
  expect(typeof object === 'object' && !Array.isArray(object), describeResponse(response)).toBe(true)
  return object as PlainRecord
}

export function getRecords(record: PlainRecord, name: string): PlainRecord[] {
  const inside = record[name]
  if (!Array.isArray(inside)) throw new Error(`${name} is not a list: ${JSON.stringify(inside)}`)
  return inside as PlainRecord[]
}

export function getText(record: PlainRecord, name: string): string {
  const value = record[name]
  if (typeof value !== 'string') throw new Error(`${name} is not a text: ${JSON.stringify(value)}`)
  return value
}

export const getIds = (list: PlainRecord[]): string[] => list.map((one) => getText(one, 'service_request_id'))

export function first<T>(list: T[]): T {
  const one = list[0]
  if (one === undefined) throw new Error('the list is empty')
  return one
}

export interface ErrorEntry {
  code: string
  description: string
}

/** Expects a refusal (GR-ERR): status, requested format, one or more errors; each pattern matches a description. */
export function expectErrors(
  response: HttpResponse,
  format: Format,
  status: number | number[],
  ...naming: RegExp[]
): ErrorEntry[] {
  expect([status].flat(), describeResponse(response)).toContain(response.status)
  const errors = parseErrors(response, format)
  for (const name of naming)
    expect(
      errors.some((one) => name.test(one.description)),
      `${name} is not named. ${describeResponse(response)}`,
    ).toBe(true)
  return errors
}

export function parseErrors(response: HttpResponse, format: Format): ErrorEntry[] {
  expect(response.headers.get('content-type') ?? '', describeResponse(response)).toMatch(CONTENT_TYPE[format])
  if (format === 'xml') expect(parseXmlRoot(response).name, describeResponse(response)).toBe('errors')
  const list = parsePlain(response, format)
  expect(Array.isArray(list) && list.length > 0, describeResponse(response)).toBe(true)
  return (list as PlainRecord[]).map((one) => {
    expect(Object.keys(one).sort(), describeResponse(response)).toEqual(
      expect.arrayContaining(['code', 'description']),
    )
    const error = { code: getText(one, 'code'), description: getText(one, 'description') }
    expect(error.code, describeResponse(response)).not.toBe('')
    expect(error.description.trim(), describeResponse(response)).not.toBe('')
    expect(error.description, describeResponse(response)).not.toMatch(
      /<\/?[a-z]+>|\bat .*\.[jt]s:\d|node_modules|\n\s+at /,
    )
    return error
  })
}
