import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serviceRequests } from '../../src/documents/service-requests.js'
import * as csv from '../../src/formats/csv.js'
import * as geojson from '../../src/formats/geojson.js'
import * as rss from '../../src/formats/rss.js'
import { COORDINATE_OPTIONS, ogrinfo, requireGdal } from '../harness/ogrinfo.js'

const common = {
  status: 'open',
  status_notes: null,
  service_name: 'Pothole',
  service_code: '001',
  agency_responsible: null,
  requested_datetime: '2026-03-02T18:05:11Z',
  updated_datetime: '2026-03-02T18:05:11Z',
  expected_datetime: null,
  address_id: null,
  zipcode: '01234',
  media_url: null,
}
const rows = [
  {
    ...common,
    service_request_id: 'a',
    description: 'a "deep"\nhole, 🕳️',
    address: '8 Main St',
    lat: -33.5,
    long: 151.25,
  },
  {
    ...common,
    service_request_id: 'b',
    description: '=1+1 <b> &amp;',
    address: null,
    lat: 44.05,
    long: -123.095,
  },
  { ...common, service_request_id: 'c', description: null, address: 'שלום', lat: 0, long: 1e-7 },
]
const url = 'https://city.example/v2'
const files = {
  'requests.geojson': geojson.compileGeoJson(serviceRequests)(rows),
  'requests.csv': csv.compileCsv(serviceRequests)(rows),
  'requests.rss': rss.compileRss(serviceRequests, { url, title: 'Rivertown', updated: null })(rows),
}

const folder = mkdtempSync(join(tmpdir(), 'formats-'))

beforeAll(() => {
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
})
afterAll(() => rmSync(folder, { recursive: true }))

const getInfo = (file: string, ...options: string[]) => ogrinfo(...options, join(folder, file))

const cases = [
  { driver: 'GeoJSON', file: 'requests.geojson', options: [] },
  { driver: 'CSV', file: 'requests.csv', options: COORDINATE_OPTIONS },
  { driver: 'GeoRSS', file: 'requests.rss', options: [] },
]

test.for(cases)('GDAL reads the points of $driver', ({ driver, file, options }, { skip }) => {
  requireGdal(skip)
  const output = getInfo(file, '-so', ...options)
  expect(output).toContain(`using driver \`${driver}'`)
  expect(output).toContain('Geometry: Point')
  expect(output).toContain('Feature Count: 3')
  expect(output).toContain('Extent: (-123.095000, -33.500000) - (151.250000, 44.050000)')
})

test('GDAL reads texts that contain digits, formulas and line ends unchanged', ({ skip }) => {
  requireGdal(skip)
  const table = getInfo('requests.csv', ...COORDINATE_OPTIONS)
  expect(table).toContain('zipcode (String) = 01234')
  expect(table).toContain('description (String) = a "deep"\nhole, 🕳️')
  expect(table).toContain("description (String) = '=1+1 <b> &amp;")
  const collection = getInfo('requests.geojson')
  expect(collection).toContain('id (String) = a')
  expect(collection).toContain('zipcode (String) = 01234')
  expect(collection).toContain('description (String) = =1+1 <b> &amp;')
  expect(collection).toContain('status_notes (String) = (null)')
})
