import fc from 'fast-check'
import { expect, test } from 'vitest'
import { getServiceRequests } from '../../src/operations/get-service-requests.js'
import { encodeListCursor } from '../../src/operations/list-page.js'
import { parsePolygon } from '../../src/operations/parse-polygon.js'
import { Refusal } from '../../src/standard/refusal.js'
import { createRequest, jurisdiction } from './city.js'

const plan = (args: Record<string, string>) =>
  getServiceRequests.plan(createRequest(args, jurisdiction([]))) as Record<string, unknown>

test('EXT-14 page counts from 1, page_size has other names, offset counts rows', () => {
  expect(plan({ page: '3', page_size: '20' })).toMatchObject({ rows: 20, skip: 40 })
  expect(plan({ page: '0', per_page: '20' })).toMatchObject({ rows: 20, skip: 0 })
  expect(plan({ limit: '7', offset: '3' })).toMatchObject({ rows: 7, skip: 3 })
  expect(plan({})).toMatchObject({ rows: 1000, skip: 0, after: null })
})

test('EXT-15 sort accepts known orders only, ascending unless it begins with a dash', () => {
  expect(plan({ sort: '-updated' })).toMatchObject({ order: { by: 'updated_datetime', direction: 'desc' } })
  expect(plan({ sort: 'created' })).toMatchObject({ order: { by: 'requested_datetime', direction: 'asc' } })
  for (const sort of ['id', 'email', 'constructor', '__proto__', '--updated'])
    expect(() => plan({ sort })).toThrow(Refusal)
})

test('EXT-16 a cursor is valid for its own order only; any other text is refused', () => {
  const order = { by: 'updated_datetime', direction: 'asc' } as const
  const texts = fc.string({ unit: 'grapheme', minLength: 1 })
  fc.assert(
    fc.property(texts, (service_request_id) => {
      const after = { at: '2026-03-02T18:05:11Z', service_request_id }
      expect(plan({ cursor: encodeListCursor(after, order), sort: 'updated_datetime' })).toMatchObject({
        after,
        start: null,
        end: null,
      })
      expect(() => plan({ cursor: encodeListCursor(after, order) })).toThrow(Refusal)
    }),
  )
  fc.assert(
    fc.property(
      texts,
      (cursor) => cursor === 'first' || cursor.trim() === '' || throws(() => plan({ cursor })),
    ),
  )
  expect(plan({ cursor: 'first' })).toMatchObject({ after: null, start: null })
})

const throws = (action: () => unknown) => {
  try {
    action()
    return false
  } catch (error) {
    return error instanceof Refusal
  }
}

test('EXT-17 updated_after and updated_before have no default window; dates in the request still apply', () => {
  expect(plan({ updated_after: '2020-01-01' })).toMatchObject({
    start: null,
    end: null,
    updated_after: '2020-01-01T00:00:00Z',
  })
  expect(plan({ updated_before: '2020-01-01', start_date: '2010-01-01' })).toMatchObject({
    start: '2010-01-01T00:00:00Z',
    end: null,
  })
})

test('EXT-12 reads polygons from GeoJSON and WKT, and names the fault of an invalid polygon', () => {
  const square = '[[[0,0],[1,0],[1,1],[0,0]]]'
  const geojson = `{"type":"Polygon","coordinates":${square}}`
  for (const text of [
    geojson,
    `{"type":"Feature","properties":null,"geometry":${geojson}}`,
    'POLYGON((0 0, 1 0, 1 1, 0 0))',
    'srid=4326;polygon ((0 0,1 0,1 1,0 0))',
  ]) {
    expect(parsePolygon(text, 4000)).toEqual({ geojson, box: { west: 0, south: 0, east: 1, north: 1 } })
  }
  const two = 'MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((2e0 2,3 2,3 3,2 2)))'
  expect(parsePolygon(two, 4000)).toMatchObject({ box: { west: 0, south: 0, east: 3, north: 3 } })
  const many = `POLYGON((${'1'.repeat(60_000)}(`
  const invalid = {
    '': /neither/,
    'POLYGON((0 0,1 0,1 1,2 2))': /end where/,
    'POLYGON((0 0,1 1,0 0))': /closed rings/,
    [many]: /4000 characters/,
    'POLYGON((0 0,999 0,1 1,0 0))': /degrees/,
    'POINT(0 0)': /neither/,
    '{"type":"Polygon"}': /Polygon/,
  }
  for (const [text, fault] of Object.entries(invalid))
    expect((parsePolygon(text, 4000) as { fault: string }).fault).toMatch(fault)
})
