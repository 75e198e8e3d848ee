import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Jurisdiction } from '../../../src/standard/catalog.js'
import { findAreaGeometries } from '../../../src/store/catalog/area-geometries.js'
import { loadCatalog } from '../../../src/store/catalog/load-catalog.js'
import { writeCities } from '../../../src/store/catalog/write-city.js'
import { databases, type TestDatabase } from '../../harness/databases.js'
import * as town from '../../harness/squareton.js'

const NOW = '2026-06-01T12:00:00Z'

describe.each(databases)('$kind', ({ open }) => {
  let database: TestDatabase
  const load = async (changes: town.Town = {}) =>
    (await writeCities(database.store, [await town.readTown(changes)], NOW))[0]!
  const readCity = async (): Promise<Jurisdiction> =>
    (await loadCatalog(database.store)).jurisdictions.get(town.SQUARETON)!
  const change = (code: string, fields: object): town.Town => ({
    services: town.SERVICES.map((each) => (each.service_code === code ? { ...each, ...fields } : each)),
  })
  const without = (code: string) => town.SERVICES.filter((each) => each.service_code !== code)

  beforeAll(async () => {
    database = await open()
    await load()
  })
  afterAll(() => database?.close())

  test('EXT-23 EXT-24 EXT-26 areas, routes and service limits are loaded as the folder defines them', async () => {
    const { areas, services } = await readCity()
    expect([...areas.keys()]).toEqual(['district:old', 'ward:east', 'ward:west'])
    expect(areas.get('district:old')).toMatchObject({
      name: 'Old Town',
      box: { west: 11.5, south: 51, east: 12.5, north: 53 },
      polygon: null,
    })
    // The polygon is loaded because a service is limited to this area.
    expect(areas.get('ward:east')!.polygon!.geometry.type).toBe('MultiPolygon')
    expect(services.get('POTHOLE')!.routes.map((route) => route.area)).toEqual(['district:old', 'ward:west'])
    expect(services.get('FERRY')!.areas).toEqual(['ward:east'])
    const publicAttributes = [...services.get('ASKING')!.attributes].filter((each) => each.public)
    expect(publicAttributes.map((each) => each.code)).toEqual(['KIND', 'HOW_MANY', 'POLE'])
  })

  test('EXT-24 loading the same folder again changes nothing and keeps the ids of areas', async () => {
    const before = await readCity()
    expect(await load()).toEqual({
      jurisdiction_id: town.SQUARETON,
      added: [],
      changed: [],
      retired: [],
      renamed: [],
      areas: 0,
      isDifferent: false,
    })
    expect(await readCity()).toEqual(before)
  })

  test.each([
    ['an agency of an area', { agency_by_area: { 'district:old': 'Another', 'ward:west': 'Streets West' } }],
    [
      'the order of areas alone',
      { agency_by_area: { 'ward:west': 'Streets West', 'district:old': 'Old Town Office' } },
    ],
    ['one route fewer', { agency_by_area: { 'ward:west': 'Streets West' } }],
    ['no routes', { agency_by_area: undefined }],
    ['a limit', { areas: ['ward:west'] }],
  ])('EXT-23 EXT-26 DISC-07 %s counts as a change of the service', async (_, fields) => {
    await load()
    const { changeset } = await readCity()
    expect(await load(change('POTHOLE', fields))).toMatchObject({ changed: ['POTHOLE'], areas: 0 })
    const after = await readCity()
    expect(after.changeset > changeset).toBe(true)
    const { routes, areas } = after.services.get('POTHOLE')!
    if ('areas' in fields) expect(areas).toEqual(fields.areas)
    else {
      const expected = Object.entries(fields.agency_by_area ?? {})
      expect(routes.map((each) => [each.area, each.agency_responsible])).toEqual(expected)
    }
    expect(await load(change('POTHOLE', fields))).toMatchObject({ isDifferent: false })
  })

  test('EXT-19 making attributes private counts as a change of the service', async () => {
    await load()
    const asking = town.SERVICES.find((each) => each.service_code === 'ASKING')!
    const attributes = (asking.attributes as object[]).map((each) => ({ ...each, public: false }))
    expect(await load(change('ASKING', { attributes }))).toMatchObject({ changed: ['ASKING'] })
  })

  test('EXT-26 an area used only by routes of a retired service can be removed', async () => {
    await load()
    expect(await load({ services: without('POTHOLE') })).toMatchObject({ retired: ['POTHOLE'], areas: 0 })
    const wards = { ward: town.WARDS }
    expect(await load({ services: without('POTHOLE'), areas: wards })).toMatchObject({ areas: 1 })
    expect([...(await readCity()).areas.keys()]).toEqual(['ward:east', 'ward:west'])
    // The service returns with its new routes.
    const back = change('POTHOLE', { agency_by_area: { 'ward:west': 'Streets West' } })
    expect(await load({ ...back, areas: wards })).toMatchObject({ added: ['POTHOLE'] })
    expect((await readCity()).services.get('POTHOLE')!.routes).toEqual([
      { area: 'ward:west', agency_responsible: 'Streets West' },
    ])
  })

  test('EXT-26 one load can remove an area together with the routes that use it', async () => {
    await load()
    const only = change('POTHOLE', { agency_by_area: { 'ward:west': 'Streets West' } })
    expect(await load({ ...only, areas: { ward: town.WARDS } })).toMatchObject({
      areas: 1,
      isDifferent: true,
    })
    expect((await readCity()).services.get('POTHOLE')!.routes).toHaveLength(1)
  })

  test('EXT-24 features with the same id are one area; polygons follow the right-hand rule', async () => {
    const parts = [
      town.area('old', 'Old Town', 11.5, 51, 12.5, 53),
      town.area('old', 'Old Town', 13, 50, 13.5, 51),
    ]
    await load({ areas: { ward: town.WARDS, district: parts } })
    const { areas } = await readCity()
    const old = areas.get('district:old')!
    expect(old.box).toEqual({ west: 11.5, south: 50, east: 13.5, north: 53 })
    const findGeometries = async (point: { lat: number; long: number } | null, hasGeometry: boolean) =>
      findAreaGeometries(database.store, {
        jurisdiction_id: town.SQUARETON,
        ids: [...areas.values()].map(({ id }) => id),
        point,
        hasGeometry,
      })
    const shapes = await findGeometries(null, true)
    expect(shapes.size).toBe(3)
    expect(JSON.parse(shapes.get(old.id)!).coordinates).toHaveLength(2)
    for (const shape of shapes.values()) {
      for (const [outer] of JSON.parse(shape!).coordinates) expect(signedArea(outer)).toBeGreaterThan(0)
    }
    expect([...(await findGeometries({ lat: 50.5, long: 13.2 }, false)).keys()].sort()).toEqual(
      [old.id, areas.get('ward:east')!.id].sort(),
    )
    expect((await findGeometries(town.OUTSIDE, false)).size).toBe(0)
  })

  test('EXT-24 only areas of the jurisdiction are returned, whatever ids are requested', async () => {
    await load()
    const twin = await town.readTown({ jurisdiction: { jurisdiction_id: 'twin.example' } })
    await writeCities(database.store, [twin], NOW)
    const { rows } = await sql<{ id: number }>`select id from area`.execute(database.store)
    const ids = rows.map(({ id }) => id)
    expect(ids).toHaveLength(6)
    const query = { jurisdiction_id: 'twin.example', ids, point: null, hasGeometry: false }
    expect((await findAreaGeometries(database.store, query)).size).toBe(3)
  })
})

/** The area of a ring, positive if it is counterclockwise. */
function signedArea(ring: [number, number][]): number {
  return ring.slice(1).reduce((sum, [x, y], index) => sum + ring[index]![0] * y - x * ring[index]![1], 0)
}
