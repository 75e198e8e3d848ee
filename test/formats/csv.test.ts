import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { serviceRequests } from '../../src/documents/service-requests.js'
import * as csv from '../../src/formats/csv.js'
import { stripIllegalCharacters } from '../../src/standard/text.js'
import { fixedSeed } from '../harness/property-seed.js'

const write = csv.compileCsv(serviceRequests)
const read = (text: string): Record<string, string>[] =>
  parse(text, { columns: true, record_delimiter: '\r\n' })

const HEADER =
  'service_request_id,requested_datetime,updated_datetime,closed_date,status_description,status_notes,source,' +
  'service_name,service_subtype,description,agency_responsible,address,lat,long,service_code,zipcode,media_url,' +
  'expected_datetime\r\n'

test('GeoReport Bulk: the header has the columns of the proposal, then four additional columns', () => {
  expect(write([])).toBe(HEADER)
})

test('GeoReport Bulk: writes service requests with all values, with nulls and without fields', () => {
  const full = {
    service_request_id: 'RT-7',
    status: 'closed',
    status_notes: 'filled, and "sealed"',
    service_name: 'Pothole',
    service_code: 'POT',
    description: 'a hole 🕳️\nby the school\u0000',
    agency_responsible: 'Streets',
    service_notice: 'not a column',
    requested_datetime: '2026-03-02T18:05:11Z',
    updated_datetime: '2026-03-04T08:00:00Z',
    expected_datetime: '2026-03-09T00:00:00Z',
    closed_datetime: '2026-03-04T07:59:00Z',
    channel: 'Phone',
    address: '8 Main St',
    address_id: '9',
    zipcode: '01234',
    lat: 44.05,
    long: -123.095,
    media_url: 'https://city.example/1.jpg?a=1,2',
    distance: 12.5,
    extended_attributes: { ward: 3 },
  }
  const empty = { ...Object.fromEntries(Object.keys(full).map((name) => [name, null])), status: 'open' }
  expect(write([full, empty, {}])).toBe(
    `${HEADER}RT-7,2026-03-02T18:05:11Z,2026-03-04T08:00:00Z,2026-03-04T07:59:00Z,Closed,"filled, and ""sealed""",` +
      'Phone,Pothole,,"a hole 🕳️\nby the school",Streets,8 Main St,44.05,-123.095,POT,01234,' +
      '"https://city.example/1.jpg?a=1,2",2026-03-09T00:00:00Z\r\n' +
      ',,,,Open,,,,,,,,,,,,,\r\n' +
      ',,,,,,,,,,,,,,,,,\r\n',
  )
})

test.each([
  ['=1+1', "'=1+1"],
  ['=HYPERLINK("http://x","y")', `"'=HYPERLINK(""http://x"",""y"")"`],
  ['+1 555 0100', "'+1 555 0100"],
  ['-2', "'-2"],
  ['@SUM(1)', "'@SUM(1)"],
  ['\t=1', "'\t=1"],
  ['\r=1', `"'\r=1"`],
  ['\u0000=1', "'=1"],
  ['1=1', '1=1'],
  [' =1', ' =1'],
  ["'=1", "'=1"],
])('GeoReport Bulk: writes %j so that a spreadsheet does not run it as a formula', (description, cell) => {
  expect(write([{ description }])).toBe(`${HEADER},,,,,,,,,${cell},,,,,,,,\r\n`)
})

test('A-36 GeoReport Bulk: writes lat and long as plain decimals', () => {
  const writePlace = (lat: number, long: number) => write([{ lat, long }]).slice(HEADER.length + 12, -6)
  expect(writePlace(-90, -180)).toBe('-90.0,-180.0')
  expect(writePlace(-0, 1e-7)).toBe('0.0,0.0')
  expect(writePlace(1e-6, -0.1 - 0.2)).toBe('0.000001,-0.3')
})

const specialText = fc.constantFrom(
  '=',
  '+',
  '-',
  '@',
  '\t',
  '\r',
  '\n',
  '\r\n',
  '"',
  '""',
  ',',
  "'",
  '\u0000',
  '🕳️',
  '\ufeff',
)
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc
    .array(fc.oneof(specialText, fc.string({ maxLength: 5 })), { maxLength: 10 })
    .map((parts) => parts.join('')),
)
const nullableText = fc.option(text, { nil: null })

const COLUMN_NAMES: Record<string, string> = { channel: 'source', closed_datetime: 'closed_date' }

test('GeoReport Bulk: a CSV parser reads the same texts, except for the quote before formulas', () => {
  const row = fc.record({
    service_request_id: text,
    service_name: text,
    status_notes: nullableText,
    description: nullableText,
    agency_responsible: nullableText,
    address: nullableText,
    channel: nullableText,
    closed_datetime: fc.constantFrom(null, '2026-03-04T07:59:00Z'),
    service_code: text,
    zipcode: nullableText,
    media_url: nullableText,
  })
  fc.assert(
    fc.property(fc.array(row, { maxLength: 4 }), (rows) => {
      const records = read(write(rows))
      expect(records).toHaveLength(rows.length)
      records.forEach((record, index) => {
        for (const [name, value] of Object.entries(rows[index]!)) {
          const cell = record[COLUMN_NAMES[name] ?? name]!
          const legal = stripIllegalCharacters(value ?? '')
          expect(cell).toBe(/^[=+\-@\t\r]/.test(legal) ? `'${legal}` : legal)
        }
      })
    }),
    { numRuns: 500, seed: fixedSeed(311) },
  )
})

test('GeoReport Bulk: is UTF-8 without a byte order mark, and its media type declares the header', () => {
  expect(write([]).charCodeAt(0)).toBe('s'.charCodeAt(0))
  expect(csv.contentType).toBe('text/csv; charset=utf-8; header=present')
})
