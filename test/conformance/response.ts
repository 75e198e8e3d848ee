import { expect } from 'vitest'
import type { Answer } from './client.js'
import { type Plain, type PlainRecord, plainJson, plainXml } from './same-record.js'
import { type Element, readXml, type XmlDocument } from './strict-xml.js'
import type { Format } from './target.js'

/** What every message about an answer should let one see. */
export function about(answer: Answer): string {
  return `${answer.method} ${answer.url} answered ${answer.status} ${answer.headers.get('content-type')}: ${answer.text.slice(0, 400)}`
}

export const CONTENT_TYPE: Record<Format, RegExp> = {
  xml: /^text\/xml; ?charset=utf-8$/i,
  json: /^application\/json; ?charset=utf-8$/i,
}

export function documentOf(answer: Answer): XmlDocument {
  try {
    const document = readXml(answer.bytes)
    // other servers are asked for this by the XML tests alone
    if (answer.target.own) expect(document.faults, about(answer)).toEqual([])
    return document
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}. ${about(answer)}`)
  }
}

export function rootOf(answer: Answer): Element {
  return documentOf(answer).root
}

export function jsonOf(answer: Answer): unknown {
  try {
    return JSON.parse(answer.text)
  } catch (error) {
    throw new Error(`${error}. ${about(answer)}`)
  }
}

export function plain(answer: Answer, format: Format): Plain {
  return format === 'xml' ? plainXml(rootOf(answer)) : plainJson(jsonOf(answer))
}

export function expectOk(answer: Answer, format: Format): void {
  expect(answer.status, about(answer)).toBe(200)
  expect(answer.headers.get('content-type') ?? '', about(answer)).toMatch(CONTENT_TYPE[format])
}

/** The records of a list document, in one shape for both formats. */
export function listOf(answer: Answer, format: Format): PlainRecord[] {
  expectOk(answer, format)
  const list = plain(answer, format)
  expect(Array.isArray(list), about(answer)).toBe(true)
  return list as PlainRecord[]
}

export function oneOf(answer: Answer, format: Format): PlainRecord {
  const list = listOf(answer, format)
  expect(list.length, about(answer)).toBe(1)
  return first(list)
}

export function objectOf(answer: Answer, format: Format): PlainRecord {
  expectOk(answer, format)
  const object = plain(answer, format)
  expect(typeof object === 'object' && !Array.isArray(object), about(answer)).toBe(true)
  return object as PlainRecord
}

export function recordsIn(record: PlainRecord, name: string): PlainRecord[] {
  const inside = record[name]
  if (!Array.isArray(inside)) throw new Error(`${name} is no list: ${JSON.stringify(inside)}`)
  return inside as PlainRecord[]
}

export function word(record: PlainRecord, name: string): string {
  const value = record[name]
  if (typeof value !== 'string') throw new Error(`${name} is no text: ${JSON.stringify(value)}`)
  return value
}

export const ids = (list: PlainRecord[]): string[] => list.map((one) => word(one, 'service_request_id'))

export function first<T>(list: T[]): T {
  const one = list[0]
  if (one === undefined) throw new Error('the list is empty')
  return one
}

export interface Told {
  code: string
  description: string
}

/** A refusal as GR-ERR wants it: real status, asked format, one or more of code and description. */
export function expectErrors(
  answer: Answer,
  format: Format,
  status: number | number[],
  ...naming: RegExp[]
): Told[] {
  expect([status].flat(), about(answer)).toContain(answer.status)
  const told = errorsOf(answer, format)
  for (const name of naming)
    expect(
      told.some((one) => name.test(one.description)),
      `${name} is not named. ${about(answer)}`,
    ).toBe(true)
  return told
}

export function errorsOf(answer: Answer, format: Format): Told[] {
  expect(answer.headers.get('content-type') ?? '', about(answer)).toMatch(CONTENT_TYPE[format])
  if (format === 'xml') expect(rootOf(answer).name, about(answer)).toBe('errors')
  const list = plain(answer, format)
  expect(Array.isArray(list) && list.length > 0, about(answer)).toBe(true)
  return (list as PlainRecord[]).map((one) => {
    expect(Object.keys(one).sort(), about(answer)).toEqual(expect.arrayContaining(['code', 'description']))
    const told = { code: word(one, 'code'), description: word(one, 'description') }
    expect(told.code, about(answer)).not.toBe('')
    expect(told.description.trim(), about(answer)).not.toBe('')
    expect(told.description, about(answer)).not.toMatch(/<\/?[a-z]+>|\bat .*\.[jt]s:\d|node_modules|\n\s+at /)
    return told
  })
}
