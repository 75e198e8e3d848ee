import fc from 'fast-check'
import type { FeatureCollection, Point } from 'geojson'
import { expect, test } from 'vitest'
import { serviceRequests } from '../../src/documents/service-requests.js'
import * as geojson from '../../src/formats/geojson.js'
import * as json from '../../src/formats/json.js'
import { fixedSeed } from '../harness/property-seed.js'

const write = geojson.compileGeoJson(serviceRequests)
const read = (text: string) => JSON.parse(text) as FeatureCollection<Point | null>

test('GeoJSON: a service request is a point, and its other fields are properties', () => {
  const row = {
    service_request_id: 'RT-7',
    status: 'open',
    status_notes: null,
    description: 'a "deep" hole 🕳️\n=1+1\u0001',
    address: undefined,
    lat: 44.05,
    long: -123.0950001,
  }
  expect(write([row])).toBe(
    '{"type":"FeatureCollection","features":[{"type":"Feature","id":"RT-7",' +
      '"geometry":{"type":"Point","coordinates":[-123.095,44.05]},"properties":{"service_request_id":"RT-7",' +
      '"status":"open","status_notes":null,"description":"a \\"deep\\" hole 🕳️\\n=1+1"}}]}',
  )
})

test('GeoJSON: writes an empty list as a collection without features and without crs', () => {
  expect(write([])).toBe('{"type":"FeatureCollection","features":[]}')
})

test.each([{ lat: null, long: null }, { lat: 1, long: null }, { lat: undefined, long: 1 }, {}])(
  'GeoJSON: writes a null geometry for %j',
  (row) => {
    expect(write([row])).toContain('{"type":"Feature","geometry":null,"properties":{}}')
  },
)

test('A-36 GeoJSON: writes coordinates as plain decimals, longitude first', () => {
  const writeCoordinates = (lat: number, long: number) =>
    /"coordinates":(.*?)}/.exec(write([{ lat, long }]))![1]
  expect(writeCoordinates(90, -180)).toBe('[-180.0,90.0]')
  expect(writeCoordinates(-0, -1e-7)).toBe('[0.0,0.0]')
  expect(writeCoordinates(1e-6, 0.1 + 0.2)).toBe('[0.3,0.000001]')
  expect(writeCoordinates(-89.9999999, 179.99999949)).toBe('[179.999999,-90.0]')
})

test('GeoJSON: writes extended attributes as one property, as in JSON, without illegal characters', () => {
  const extended_attributes = {
    channel: 'Web\u0000',
    closed_datetime: null,
    distance: 12,
    media_urls: ['\ud800"x"\n'],
  }
  expect(write([{ status: 'open', extended_attributes }])).toContain(
    '"properties":{"status":"open","extended_attributes":{"closed_datetime":null,"channel":"Web","distance":12.0,' +
      '"media_urls":["\\"x\\"\\n"]}}',
  )
  expect(write([{ extended_attributes: {} }])).toContain('"properties":{"extended_attributes":{}}')
  expect(write([{ extended_attributes: undefined }])).toContain('"properties":{}')
})

const text = fc.option(fc.string({ unit: 'binary', maxLength: 40 }), { nil: null })
const row = fc.record({
  service_request_id: fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
  status: fc.constantFrom('open', 'closed'),
  description: text,
  address: text,
  lat: fc.double({ min: -90, max: 90, noNaN: true }),
  long: fc.double({ min: -180, max: 180, noNaN: true }),
  extended_attributes: fc.option(fc.record({ channel: text, media_urls: fc.array(fc.string()) }), {
    nil: undefined,
  }),
})

test('GeoJSON: is exact to a millionth of a degree, and has the same values as JSON', () => {
  const writeJson = json.compileJson(serviceRequests)
  fc.assert(
    fc.property(fc.array(row, { maxLength: 4 }), (rows) => {
      const { features } = read(write(rows))
      const records = JSON.parse(writeJson(rows)) as Record<string, unknown>[]
      expect(features).toHaveLength(rows.length)
      features.forEach((feature, index) => {
        const [long, lat] = feature.geometry!.coordinates
        expect(Math.abs(long! - rows[index]!.long)).toBeLessThanOrEqual(1e-6)
        expect(Math.abs(lat! - rows[index]!.lat)).toBeLessThanOrEqual(1e-6)
        const { lat: _lat, long: _long, ...others } = records[index]!
        expect(feature.properties).toEqual(others)
        expect(feature.id ?? null).toBe(others.service_request_id ?? null)
      })
    }),
    { numRuns: 300, seed: fixedSeed(311) },
  )
})

test('GeoJSON: has the media type application/geo+json', () => {
  expect(geojson.contentType).toBe('application/geo+json')
})
