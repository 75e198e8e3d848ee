import { booleanPointInPolygon } from '@turf/turf'
import type { FeatureCollection, MultiPolygon, Polygon } from 'geojson'
import { describe, expect, test } from 'vitest'
import { get, sendRequest } from './client.js'
import { getDateBefore } from './explore.js'
import { xmlToPlain } from './plain-record.js'
import { describeResponse, expectErrors, expectList, parseJson, parseXmlRoot } from './response.js'
import { INSIDE, OUTSIDE } from './rivertown.js'
import { selectJurisdiction, targets } from './targets.js'

interface AreaProperties {
  area_type: string
  area_id: string
  name: string
}
type Shapes = FeatureCollection<Polygon | MultiPolygon, AreaProperties>

for (const target of targets)
  describe.skipIf(!target.own)(target.name, () => {
    const getShapes = async (args: Record<string, string> = {}) => {
      const response = await sendRequest(target, '/areas.geojson', args)
      expect(response.status, describeResponse(response)).toBe(200)
      expect(response.headers.get('content-type')).toBe('application/geo+json')
      return parseJson(response) as Shapes
    }
    const getNames = (list: object[]) =>
      (list as AreaProperties[]).map(({ area_type, area_id }) => `${area_type}:${area_id}`)

    test.for(target.formats)(
      'EXT-24 lists areas ordered by type and id, with their bounding boxes, in %s',
      async (format) => {
        const list = expectList(await get(target, format, '/areas'), format)
        expect(list).toHaveLength(17)
        expect(getNames(list)).toEqual([...getNames(list)].sort())
        for (const area of list) {
          expect(Object.keys(area)).toEqual([
            'area_type',
            'area_id',
            'name',
            'west',
            'south',
            'east',
            'north',
          ])
          expect(Number(area.west)).toBeLessThan(Number(area.east))
          expect(Number(area.south)).toBeLessThan(Number(area.north))
        }
      },
    )

    test('EXT-24 GR-JSON-08 XML and JSON have the same areas', async () => {
      const xml = xmlToPlain(parseXmlRoot(await get(target, 'xml', '/areas')))
      const json = parseJson(await get(target, 'json', '/areas')) as object[]
      expect(xml).toEqual(
        json.map((area) =>
          Object.fromEntries(Object.entries(area).map(([name, value]) => [name, String(value)])),
        ),
      )
    })

    test('EXT-24 areas.geojson follows RFC 7946', async () => {
      const collection = await getShapes()
      expect(collection.type).toBe('FeatureCollection')
      expect(Object.keys(collection)).not.toContain('crs')
      expect(collection.features).toHaveLength(17)
      const boxes = new Map(
        (parseJson(await get(target, 'json', '/areas')) as Record<string, number | string>[]).map((area) => [
          `${area.area_type}:${area.area_id}`,
          area,
        ]),
      )
      for (const { type, geometry, properties } of collection.features) {
        expect(type).toBe('Feature')
        const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates
        const { west, south, east, north } = boxes.get(`${properties.area_type}:${properties.area_id}`)!
        for (const [outer, ...holes] of polygons) {
          expect(computeSignedArea(outer!)).toBeGreaterThan(0)
          for (const hole of holes) expect(computeSignedArea(hole)).toBeLessThan(0)
          for (const [long, lat] of outer!) {
            expect(long! >= Number(west) - 1e-6 && long! <= Number(east) + 1e-6).toBe(true)
            expect(lat! >= Number(south) - 1e-6 && lat! <= Number(north) + 1e-6).toBe(true)
          }
        }
        expect(JSON.stringify(geometry)).not.toMatch(/\.\d{8}/)
      }
    })

    test.for(target.formats)('EXT-24 area_type selects areas by type, in %s', async (format) => {
      const list = async (args: Record<string, string | string[]>) =>
        getNames(expectList(await get(target, format, '/areas', args), format))
      const wards = ['ward:1', 'ward:2', 'ward:3', 'ward:4', 'ward:5']
      expect(await list({ area_type: 'ward' })).toEqual(wards)
      expect(await list({ area_type: 'ward,neighbourhood' })).toHaveLength(17)
      expect(await list({ area_type: ['ward', 'school'] })).toEqual(wards)
      expect(await list({ area_type: 'school' })).toEqual([])
      expect(await list({ area_type: 'Ward' })).toEqual([])
      expect((await getShapes({ area_type: 'school' })).features).toEqual([])
    })

    test('EXT-24 lat and long select the same areas as an independent implementation', async () => {
      const { features } = await getShapes()
      const random = Array.from({ length: 25 }, (_, index) => [
        -91.58 + ((index * 7919) % 1000) * 0.00016,
        40.04 + ((index * 104_729) % 1000) * 0.00012,
      ]) as [number, number][]
      let found = 0
      for (const [long, lat] of random.map(
        (each) => each.map((one) => Number(one.toFixed(6))) as [number, number],
      )) {
        const expected = getNames(
          features.filter((each) => booleanPointInPolygon([long, lat], each)).map((each) => each.properties),
        )
        const args = { lat: String(lat), long: String(long) }
        expect(
          getNames(expectList(await get(target, 'json', '/areas', args), 'json')),
          `${lat} ${long}`,
        ).toEqual(expected)
        expect(getNames((await getShapes(args)).features.map((each) => each.properties))).toEqual(expected)
        found += expected.length
      }
      expect(found).toBeGreaterThan(10)
      const here = getNames(
        expectList(await get(target, 'xml', '/areas', { ...INSIDE, area_type: 'ward' }), 'xml'),
      )
      expect(here).toHaveLength(1)
      expect(expectList(await get(target, 'json', '/areas', OUTSIDE), 'json')).toEqual([])
    })

    test('EXT-24 EXT-13 area finds the service requests whose extended_attributes name the area', async () => {
      const end_date = getDateBefore(2)
      const args = { end_date, extensions: 'true' }
      type Extended = { service_request_id: string; extended_attributes: { areas: AreaProperties[] } }[]
      const all = parseJson(await get(target, 'json', '/requests', args)) as Extended
      for (const area of ['ward:2', 'neighbourhood:CH']) {
        const filtered = parseJson(await get(target, 'json', '/requests', { ...args, area })) as Extended
        const last = filtered.length < 1000 ? all.at(-1)! : filtered.at(-1)!
        const expected = all.filter((each) => getNames(each.extended_attributes.areas).includes(area))
        const listIds = (list: Extended) => list.map((each) => each.service_request_id)
        expect(expected.length, area).toBeGreaterThan(20)
        expect(listIds(filtered).slice(0, expected.length), `${area} ${last.service_request_id}`).toEqual(
          listIds(expected),
        )
      }
    })

    test('EXT-24 refuses other paths, formats and methods', async () => {
      for (const path of [
        '/areas.csv',
        '/areas.rss',
        '/areas.ndjson',
        '/areas/ward.json',
        '/services.geojson',
      ]) {
        const response = await sendRequest(target, path)
        expect(response.status, describeResponse(response)).toBe(404)
      }
      expectErrors(await sendRequest(target, '/areas.json', {}, { method: 'POST', form: {} }), 'json', 405)
    })

    test('EXT-24 GR-JUR-06 sends an empty list for a jurisdiction without areas', async () => {
      const town = selectJurisdiction(target, 'harbourview.example')
      expect(expectList(await get(town, 'json', '/areas'), 'json')).toEqual([])
      expect((await sendRequest(town, '/areas.geojson')).text).toContain('"features":[]')
    })
  })

/** Returns twice the signed area of a ring: positive if the ring is counterclockwise. */
function computeSignedArea(ring: number[][]): number {
  return ring.slice(1).reduce((sum, [x, y], index) => sum + ring[index]![0]! * y! - x! * ring[index]![1]!, 0)
}
