import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DocumentSchema, Row } from '../../src/documents/document.js'
import { serviceRequests } from '../../src/documents/service-requests.js'
import { compileEncoders } from '../../src/formats/encoders.js'
import { stripIllegalCharacters } from '../../src/standard/text.js'
import { fixedSeed } from '../harness/property-seed.js'

/** Encoders that join their chunks into one text. */
const compileJoined = (schema: DocumentSchema) => {
  const { xml, json } = compileEncoders(schema)
  return {
    xml: (rows: readonly Row[]) => xml(rows).join(''),
    json: (rows: readonly Row[]) => json(rows).join(''),
  }
}
const encoders = compileJoined(serviceRequests)

// Texts that users, defective clients or imports can store, and texts that have broken other servers.
const specialText = fc.constantFrom(
  '\u0000',
  '\u0010',
  '\u001f',
  '\ufffe',
  '\uffff',
  '\ud800',
  '\udfff',
  '\r\n',
  '\r',
  '\t',
  ']]>',
  '<![CDATA[',
  '&amp;',
  '<',
  '>',
  '"',
  "'",
  '\u0085',
  '\u2028',
  '🕳️',
  '𝒳',
  'שלום',
  'مرحبا',
  'é',
  '‮',
  ' ',
)
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc
    .array(fc.oneof(specialText, fc.string({ maxLength: 5 })), { maxLength: 12 })
    .map((parts) => parts.join('')),
  fc.string({ unit: 'grapheme', minLength: 4000, maxLength: 4000 }),
)
const nullableText = fc.option(text, { nil: null })
const degrees = (max: number) => fc.option(fc.double({ min: -max, max, noNaN: true }), { nil: null })

const row: fc.Arbitrary<Row> = fc.record({
  service_request_id: text,
  status: fc.constantFrom('open', 'closed'),
  status_notes: nullableText,
  service_name: text,
  service_code: text,
  description: nullableText,
  agency_responsible: nullableText,
  service_notice: nullableText,
  requested_datetime: fc.constant('2026-03-02T18:05:11Z'),
  updated_datetime: fc.constant('2026-03-02T18:05:11Z'),
  expected_datetime: fc.constant(null),
  address: nullableText,
  address_id: nullableText,
  zipcode: nullableText,
  lat: degrees(90),
  long: degrees(180),
  media_url: nullableText,
})

/** Reads XML documents with expat, an independent strict parser. */
function readByExpat(documents: string[]): Record<string, string>[][] {
  const script = fileURLToPath(new URL('expat.py', import.meta.url))
  const input = documents.map((document) => JSON.stringify(document)).join('\n')
  const { stdout, stderr, status } = spawnSync('python3', [script], {
    input,
    encoding: 'utf8',
    maxBuffer: 1e9,
  })
  expect(status, stderr).toBe(0)
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** Converts a JSON record to the texts of its XML elements: an empty text for null, decimal text for numbers. */
const toElementTexts = (record: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, value === null ? '' : String(value)]),
  )

const hasPython = spawnSync('python3', ['--version']).status === 0

test.skipIf(!hasPython)(
  'GR-ENC-07 GR-JSON-08 GR-XML-06 A-57 a strict XML parser reads the same record as a JSON parser',
  () => {
    const lists = fc.sample(fc.array(row, { minLength: 1, maxLength: 3 }), {
      numRuns: 300,
      seed: fixedSeed(311),
    })
    const read = readByExpat(lists.map((list) => encoders.xml(list)))
    lists.forEach((list, index) => {
      const json = JSON.parse(encoders.json(list)) as Record<string, unknown>[]
      const xml = read[index]!.map((record) => ({
        ...record,
        // XML always has a decimal place; `String(Number())` removes it.
        ...Object.fromEntries(
          ['lat', 'long'].map((name) => [name, record[name] === '' ? '' : String(Number(record[name]))]),
        ),
      }))
      expect(xml).toEqual(json.map(toElementTexts))
      expect(json[0]!.description ?? '').toBe(stripIllegalCharacters(String(list[0]!.description ?? '')))
    })
  },
)

test('A-36 writes numbers as plain decimals with a digit after the point', () => {
  const writeLat = (value: number) => /<lat>(.*?)<\/lat>/.exec(encoders.xml([{ lat: value }]))![1]
  expect([60, 0, -0, 1e-7, -1e-7, 0.000001, 51.20431, -89.9999999, 180].map(writeLat)).toEqual([
    '60.0',
    '0.0',
    '0.0',
    '0.0',
    '0.0',
    '0.000001',
    '51.20431',
    '-90.0',
    '180.0',
  ])
  expect(encoders.json([{ lat: 60 }])).toBe('[{"lat":60.0}]')
})

test('A-03 GR-XML-05 GR-JSON-05 writes null or an empty text as the schema says, and omits missing fields', () => {
  const pairEncoders = compileJoined({
    root: 'r',
    item: 'i',
    fields: [
      { name: 'a', kind: 'text', nullAs: 'null' },
      { name: 'b', kind: 'text', nullAs: 'empty' },
      { name: 'c', kind: 'text' },
    ],
  })
  expect(pairEncoders.xml([{ a: null, b: null }])).toBe(
    '<?xml version="1.0" encoding="utf-8"?>\n<r><i><a></a><b></b></i></r>',
  )
  expect(pairEncoders.json([{ a: null, b: null }])).toBe('[{"a":null,"b":""}]')
  expect(pairEncoders.json([{ a: '', b: '', c: 'x' }])).toBe('[{"a":null,"b":"","c":"x"}]')
  expect(pairEncoders.json([{ a: '\u0000' }])).toBe('[{"a":null}]')
})

test('GR-XML-07 GR-JSON-03 writes an empty list as the bare wrapper and the bare array', () => {
  expect(encoders.xml([])).toBe(
    '<?xml version="1.0" encoding="utf-8"?>\n<service_requests></service_requests>',
  )
  expect(encoders.json([])).toBe('[]')
})
