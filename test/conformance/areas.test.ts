import { booleanPointInPolygon } from '@turf/turf'
import type { FeatureCollection, MultiPolygon, Polygon } from 'geojson'
import { describe, expect, test } from 'vitest'
import { about, expectErrors, jsonOf, listOf, rootOf } from './answer.js'
import { call, get } from './client.js'
import { INSIDE, OUTSIDE } from './rivertown.js'
import { plainXml } from './same-record.js'
import { jurisdictionOf, targets } from './targets.js'

interface AreaProperties {
  area_type: string
  area_id: string
  name: string
}
type Shapes = FeatureCollection<Polygon | MultiPolygon, AreaProperties>

for (const target of targets)
  describe.skipIf(!target.own)(target.name, () => {
    const shapes = async (args: Record<string, string> = {}) => {
      const answer = await call(target, '/areas.geojson', args)
      expect(answer.status, about(answer)).toBe(200)
      expect(answer.headers.get('content-type')).toBe('application/geo+json')
      return jsonOf(answer) as Shapes
    }
    const names = (list: object[]) =>
      (list as AreaProperties[]).map(({ area_type, area_id }) => `${area_type}:${area_id}`)

    test.for(target.formats)(
      'EXT-24 areas by type and id, with the box around each, in %s',
      async (format) => {
        const list = listOf(await get(target, format, '/areas'), format)
        expect(list).toHaveLength(17)
        expect(names(list)).toEqual([...names(list)].sort())
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

    test('EXT-24 GR-JSON-08 both formats hold the same', async () => {
      const xml = plainXml(rootOf(await get(target, 'xml', '/areas')))
      const json = jsonOf(await get(target, 'json', '/areas')) as object[]
      expect(xml).toEqual(
        json.map((area) =>
          Object.fromEntries(Object.entries(area).map(([name, value]) => [name, String(value)])),
        ),
      )
    })

    test('EXT-24 the shapes are GeoJSON as RFC 7946 has it', async () => {
      const collection = await shapes()
      expect(collection.type).toBe('FeatureCollection')
      expect(Object.keys(collection)).not.toContain('crs')
      expect(collection.features).toHaveLength(17)
      const boxes = new Map(
        (jsonOf(await get(target, 'json', '/areas')) as Record<string, number | string>[]).map((area) => [
          `${area.area_type}:${area.area_id}`,
          area,
        ]),
      )
      for (const { type, geometry, properties } of collection.features) {
        expect(type).toBe('Feature')
        const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates
        const { west, south, east, north } = boxes.get(`${properties.area_type}:${properties.area_id}`)!
        for (const [outer, ...holes] of polygons) {
          expect(turn(outer!)).toBeGreaterThan(0)
          for (const hole of holes) expect(turn(hole)).toBeLessThan(0)
          for (const [long, lat] of outer!) {
            expect(long! >= Number(west) - 1e-6 && long! <= Number(east) + 1e-6).toBe(true)
            expect(lat! >= Number(south) - 1e-6 && lat! <= Number(north) + 1e-6).toBe(true)
          }
        }
        expect(JSON.stringify(geometry)).not.toMatch(/\.\d{8}/)
      }
    })

    test.for(target.formats)('EXT-24 of some types, or none, in %s', async (format) => {
      const ask = async (args: Record<string, string | string[]>) =>
        names(listOf(await get(target, format, '/areas', args), format))
      const wards = ['ward:1', 'ward:2', 'ward:3', 'ward:4', 'ward:5']
      expect(await ask({ area_type: 'ward' })).toEqual(wards)
      expect(await ask({ area_type: 'ward,neighbourhood' })).toHaveLength(17)
      expect(await ask({ area_type: ['ward', 'school'] })).toEqual(wards)
      expect(await ask({ area_type: 'school' })).toEqual([])
      expect(await ask({ area_type: 'Ward' })).toEqual([])
      expect((await shapes({ area_type: 'school' })).features).toEqual([])
    })

    test('EXT-24 those that hold a point are what an independent judge finds', async () => {
      const { features } = await shapes()
      const random = Array.from({ length: 25 }, (_, index) => [
        -91.58 + ((index * 7919) % 1000) * 0.00016,
        40.04 + ((index * 104_729) % 1000) * 0.00012,
      ]) as [number, number][]
      let found = 0
      for (const [long, lat] of random.map(
        (each) => each.map((one) => Number(one.toFixed(6))) as [number, number],
      )) {
        const wanted = names(
          features.filter((each) => booleanPointInPolygon([long, lat], each)).map((each) => each.properties),
        )
        const args = { lat: String(lat), long: String(long) }
        expect(names(listOf(await get(target, 'json', '/areas', args), 'json')), `${lat} ${long}`).toEqual(
          wanted,
        )
        expect(names((await shapes(args)).features.map((each) => each.properties))).toEqual(wanted)
        found += wanted.length
      }
      expect(found).toBeGreaterThan(10)
      const here = names(listOf(await get(target, 'xml', '/areas', { ...INSIDE, area_type: 'ward' }), 'xml'))
      expect(here).toHaveLength(1)
      expect(listOf(await get(target, 'json', '/areas', OUTSIDE), 'json')).toEqual([])
    })

    test('EXT-24 EXT-13 area= finds what extensions=true says to be in the area', async () => {
      const end_date = new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10)
      const said = { end_date, extensions: 'true' }
      type Extended = { service_request_id: string; extended_attributes: { areas: AreaProperties[] } }[]
      const all = jsonOf(await get(target, 'json', '/requests', said)) as Extended
      for (const area of ['ward:2', 'neighbourhood:CH']) {
        const there = jsonOf(await get(target, 'json', '/requests', { ...said, area })) as Extended
        const last = there.length < 1000 ? all.at(-1)! : there.at(-1)!
        const wanted = all.filter((each) => names(each.extended_attributes.areas).includes(area))
        const ids = (list: Extended) => list.map((each) => each.service_request_id)
        expect(wanted.length, area).toBeGreaterThan(20)
        expect(ids(there).slice(0, wanted.length), `${area} ${last.service_request_id}`).toEqual(ids(wanted))
      }
    })

    test('EXT-24 nothing else has areas, and areas have no other formats', async () => {
      for (const path of [
        '/areas.csv',
        '/areas.rss',
        '/areas.ndjson',
        '/areas/ward.json',
        '/services.geojson',
      ]) {
        const answer = await call(target, path)
        expect(answer.status, about(answer)).toBe(404)
      }
      expectErrors(await call(target, '/areas.json', {}, { method: 'POST', form: {} }), 'json', 405)
    })

    test('EXT-24 GR-JUR-06 a jurisdiction without areas has none', async () => {
      const town = jurisdictionOf(target, 'harbourview.example')
      expect(listOf(await get(town, 'json', '/areas'), 'json')).toEqual([])
      expect((await call(town, '/areas.geojson')).text).toContain('"features":[]')
    })
  })

/** Twice the area of a ring, positive if it is counterclockwise. */
function turn(ring: number[][]): number {
  return ring.slice(1).reduce((sum, [x, y], index) => sum + ring[index]![0]! * y! - x! * ring[index]![1]!, 0)
}
