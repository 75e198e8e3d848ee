import { booleanPointInPolygon, distance, point, polygon } from '@turf/turf'
import fc from 'fast-check'
import { type CompiledQuery, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readCityFolders } from '../../../src/catalog/read-city-folder.js'
import { parsePolygon } from '../../../src/operations/parse-polygon.js'
import { type Box, boxesFromCorners, toQueryBox, toQueryCircle } from '../../../src/standard/geography.js'
import { writeCities } from '../../../src/store/catalog/write-city.js'
import { type AccessPath, chooseAccessPath } from '../../../src/store/list/access-path.js'
import type { ListPlan } from '../../../src/store/list/list-plan.js'
import { countServiceRequests } from '../../../src/store/list/list-service-requests.js'
import { buildVersionStatement } from '../../../src/store/list/list-statement.js'
import { importServiceRequests } from '../../../src/store/service-requests/import.js'
import { databases, type TestDatabase } from '../../harness/databases.js'
import { fixedSeed } from '../../harness/property-seed.js'
import { createImport } from '../service-requests/create-import.js'
import { createListPlan, listRows } from './list-rows.js'

const AT = { jurisdiction_id: 'harbourview.example', endpoint: 'production' } as const

interface Place {
  id: string
  lat: number
  long: number
}

/** Locations all over the world, many at its edges and in one city, the same in every run. */
function createLocations(): Place[] {
  const random = fc.sample(
    fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
    { numRuns: 900, seed: fixedSeed(311) },
  )
  const round = (degrees: number) => Math.round(degrees * 1e6) / 1e6
  return random.map(([a, b], index) => {
    const id = `P-${index}`
    if (index % 3 === 0) return { id, lat: round(43.6 + a / 5), long: round(-70.3 + b / 5) }
    if (index % 3 === 1) return { id, lat: round(a * 180 - 90), long: round(b * 360 - 180) }
    const edges = [
      [90, b * 360 - 180],
      [-90, 0],
      [a * 20 - 10, 180],
      [a * 20 - 10, -180],
      [a * 2 - 1, b < 0.5 ? 179.99 : -179.99],
      [89.9 + a / 10, b * 360 - 180],
    ]
    const [lat, long] = edges[index % edges.length] as [number, number]
    return { id, lat: round(lat), long: round(long) }
  })
}

const PLACES = createLocations()
const lats = fc.oneof(fc.double({ min: -90, max: 90, noNaN: true }), fc.constantFrom(90, -90, 0, 43.7))
const longs = fc.oneof(fc.double({ min: -180, max: 180, noNaN: true }), fc.constantFrom(180, -180, 0, -70.2))

describe.each(databases)('$kind', ({ open }) => {
  let database: TestDatabase
  const findIds = async (fields: Parameters<typeof createListPlan>[0] extends infer P ? Partial<P> : never) =>
    new Set(
      (await listRows(database.store, createListPlan({ ...AT, ...fields }))).map(
        (row) => row.service_request_id,
      ),
    )

  beforeAll(async () => {
    database = await open()
    await writeCities(database.store, await readCityFolders('fixtures/two-towns'), '2026-01-01T00:00:00Z')
    const rows = PLACES.map(({ id, lat, long }) => createImport({ service_request_id: id, lat, long }))
    await importServiceRequests(database.store, AT, [
      ...rows,
      createImport({ service_request_id: 'nowhere' }),
    ])
  })
  afterAll(() => database?.close())

  test('EXT-10 a radius matches an independent implementation, except for the flattening of the earth', async () => {
    const radii = fc.oneof(fc.double({ min: 0, max: 100_000, noNaN: true }), fc.constantFrom(0, 1, 100_000))
    await fc.assert(
      fc.asyncProperty(lats, longs, radii, async (lat, long, radius) => {
        const near = toQueryCircle({ lat, long, radius })
        const found = await findIds({ circle: near })
        for (const place of PLACES) {
          const metres = distance(point([long, lat]), point([place.long, place.lat]), { units: 'meters' })
          // Haversine on a sphere: up to 0.6 percent off the spheroid.
          if (metres < radius * 0.994 - 0.001)
            expect(found.has(place.id), `${place.id} at ${metres} m`).toBe(true)
          if (metres > radius * 1.006 + 0.001)
            expect(found.has(place.id), `${place.id} at ${metres} m`).toBe(false)
        }
      }),
      { numRuns: 60, seed: fixedSeed(7) },
    )
  })

  test('EXT-15 sort by distance returns the nearest first, also across the antimeridian', async () => {
    const radii = fc.constantFrom(0, 10, 1000, 5000, 100_000)
    await fc.assert(
      fc.asyncProperty(
        lats,
        longs,
        radii,
        fc.integer({ min: 0, max: 30 }),
        async (lat, long, radius, skip) => {
          const near = toQueryCircle({ lat, long, radius })
          const byDistance = async (rows: number, start: number) => {
            const order = { by: 'distance', direction: 'asc' } as const
            return listRows(database.store, createListPlan({ ...AT, circle: near, order, rows, skip: start }))
          }
          const all = await byDistance(1000, 0)
          const distances = all.map((row) => row.distance as number)
          expect(distances).toEqual([...distances].sort((a, b) => a - b))
          expect(all).toHaveLength((await findIds({ circle: near })).size)
          expect(await byDistance(7, skip)).toEqual(all.slice(skip, skip + 7))
        },
      ),
      { numRuns: 60, seed: fixedSeed(7) },
    )
  })

  test('EXT-11 a bounding box includes its edges, takes its corners in any order, and crosses the antimeridian', async () => {
    const isIn = ({ lat, long }: Place, boxes: Box[]) =>
      boxes.some((box) => long >= box.west && long <= box.east && lat >= box.south && lat <= box.north)
    await fc.assert(
      fc.asyncProperty(longs, lats, longs, lats, async (x1, y1, x2, y2) => {
        const boxes = boxesFromCorners([x1, y1, x2, y2])
        const expected = PLACES.filter((place) => isIn(place, boxes)).map((place) => place.id)
        expect([...(await findIds({ boxes: boxes.map(toQueryBox) }))].sort()).toEqual(expected.sort())
      }),
      { numRuns: 40, seed: fixedSeed(7) },
    )
    const { lat, long, id } = PLACES[0]!
    expect([
      ...(await findIds({ boxes: [toQueryBox({ west: long, south: lat, east: long, north: lat })] })),
    ]).toEqual([id])
    expect(boxesFromCorners([170, -1, -170, 1])).toEqual([
      { west: 170, south: -1, east: 180, north: 1 },
      { west: -180, south: -1, east: -170, north: 1 },
    ])
    expect(boxesFromCorners([10, 1, -10, -1])).toEqual([{ west: -10, south: -1, east: 10, north: 1 }])
    expect(boxesFromCorners([-180, -90, 180, 90])).toHaveLength(1)
  })

  test('EXT-12 a polygon matches an independent implementation', async () => {
    const corner = fc.tuple(
      fc.double({ min: -70.35, max: -70.05, noNaN: true }),
      fc.double({ min: 43.55, max: 43.85, noNaN: true }),
    )
    await fc.assert(
      fc.asyncProperty(corner, corner, corner, async (a, b, c) => {
        const triangle = [[a, b, c, a]]
        const area = Math.abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]))
        fc.pre(area > 1e-6)
        const read = parsePolygon(JSON.stringify({ type: 'Polygon', coordinates: triangle }), 1000)
        const found = await findIds({ polygon: 'fault' in read ? null : read })
        const expected = PLACES.filter(({ lat, long }) =>
          booleanPointInPolygon([long, lat], polygon(triangle)),
        )
        expect([...found].sort()).toEqual(expected.map((place) => place.id).sort())
      }),
      { numRuns: 30, seed: fixedSeed(7) },
    )
  })

  test('EXT-10 EXT-11 EXT-12 every access path returns the same rows in the same order', async () => {
    const triangle = fc.tuple(lats, longs).map(([lat, long]) => {
      const [x, y] = [Math.max(-170, Math.min(170, long)), Math.max(-80, Math.min(80, lat))]
      return {
        geojson: `{"type":"Polygon","coordinates":[[[${x},${y}],[${x + 9},${y}],[${x},${y + 9}],[${x},${y}]]]}`,
      }
    })
    const place = fc.oneof(
      fc.record({ lat: lats, long: longs, radius: fc.double({ min: 0, max: 100_000, noNaN: true }) }),
      fc.tuple(longs, lats, longs, lats),
      triangle,
    )
    const box = { west: -180, south: -90, east: 180, north: 90 }
    await fc.assert(
      fc.asyncProperty(place, fc.nat(40), fc.nat(20), async (where, rows, skip) => {
        const plan = createListPlan({
          ...AT,
          circle: 'radius' in where ? toQueryCircle(where) : null,
          boxes: Array.isArray(where) ? boxesFromCorners(where).map(toQueryBox) : null,
          polygon: 'geojson' in where ? { ...where, box } : null,
          rows: rows + 1,
          skip,
        })
        const run = (path: AccessPath) =>
          database.store.executeQuery(
            buildVersionStatement(plan, skip + rows + 1, path).compile() as CompiledQuery,
          )
        const { rows: planned } = await run('planner')
        expect((await run('spatial')).rows).toEqual(planned)
        expect((await run('time')).rows).toEqual(planned)
      }),
      { numRuns: 60, seed: fixedSeed(7) },
    )
  })

  test('the access path is by time where enough of the newest rows match, and spatial elsewhere', async () => {
    // Half in the city, of which one in ten has a service of its own and one location; half all over the country.
    await sql`
      insert into service_request (jurisdiction_id, endpoint, service_request_id, service_code, status,
                                   requested_datetime, updated_datetime, geom)
      select 'harbourview.example', 'test', 'W-' || n, case when n % 20 = 0 then 'FERRY' else 'POTHOLE' end, 'open', at, at,
             st_setsrid(case when n % 20 = 0 then st_makepoint(-70.2, 43.7)
                             when n % 2 = 0 then st_makepoint(-70.2 + sin(n) / 50, 43.7 + cos(n * 1.7) / 50)
                             else st_makepoint(-100 + sin(n) * 20, 40 + cos(n * 1.7) * 5) end, 4326)
        from generate_series(1, 3000) as n, lateral (select timestamptz '2026-06-01' - n * interval '1 minute' as at) as t`.execute(
      database.store,
    )
    const at = { ...AT, endpoint: 'test' as const }
    const box = (west: number, south: number, width: number) => [
      toQueryBox({ west, south, east: west + width, north: south + width }),
    ]
    const city = { boxes: box(-70.25, 43.65, 0.1), rows: 101 }
    const elsewhere = { boxes: box(0.1, 0.1, 0.1), rows: 101 }
    const choosePath = async (fields: Partial<ListPlan>) =>
      (await chooseAccessPath(database.store, createListPlan({ ...at, ...fields }))).path
    const triangle = (x: number, y: number) => {
      const corners = `[${x},${y}],[${x + 0.1},${y}],[${x},${y + 0.1}],[${x},${y}]`
      const read = parsePolygon(`{"type":"Polygon","coordinates":[[${corners}]]}`, 1000)
      return 'fault' in read ? null : read
    }
    expect(await choosePath(city)).toBe('time')
    expect(await choosePath(elsewhere)).toBe('spatial')
    expect(await choosePath({ ...elsewhere, skip: 20_000 })).toBe('planner')
    expect(await choosePath({ polygon: triangle(-70.26, 43.65), rows: 101 })).toBe('time')
    expect(
      await choosePath({ circle: toQueryCircle({ lat: 43.7, long: -70.2, radius: 3000 }), rows: 101 }),
    ).toBe('time')
    // Enough rows have to match: otherwise the path by time might read every row.
    expect(await choosePath({ ...city, rows: 1001 })).toBe('spatial')
    expect(await choosePath({ ...city, statuses: ['closed'] })).toBe('spatial')
    expect(await choosePath({ ...city, has_media: true })).toBe('spatial')
    expect(await choosePath({ ...city, end: '2026-01-01T00:00:00Z' })).toBe('spatial')
    expect(await choosePath({ ...city, start: '2026-05-31T20:00:00Z', statuses: ['closed'] })).toBe('time')
    expect(
      await choosePath({ ...city, after: { at: '2026-01-01T00:00:00Z', service_request_id: 'W-9' } }),
    ).toBe('spatial')
    expect(await choosePath({ ...city, circle: toQueryCircle({ lat: 0.15, long: 0.15, radius: 100 }) })).toBe(
      'spatial',
    )
    expect(await choosePath({ ...city, polygon: triangle(-70.3, 43.6) })).toBe('spatial')
    // The index of a service works like that of all services if many rows match; the planner handles rare services.
    expect(await choosePath({ ...city, service_codes: ['FERRY'] })).toBe('time')
    expect(await choosePath({ ...elsewhere, service_codes: ['FERRY'] })).toBe('planner')
    const wide = { boxes: box(-130, 0, 100) }
    expect(await choosePath({ ...wide, channels: ['carrier-pigeon'] })).toBe('time')
    // With several possible indexes, or those of search texts and updates, the planner decides.
    expect(await choosePath({ ...city, service_codes: ['POTHOLE'], channels: ['phone'] })).toBe('planner')
    expect(await choosePath({ ...city, searchText: "'rust':*" })).toBe('planner')
    expect(await choosePath({ ...city, updated_after: '2026-01-01T00:00:00Z' })).toBe('planner')
  })

  test('EXT-14 a count equals the length of the list, up to its limit', async () => {
    expect(await countServiceRequests(database.store, createListPlan(AT), null)).toBe(PLACES.length + 1)
    expect(await countServiceRequests(database.store, createListPlan(AT), 7)).toBe(7)
  })

  test('EXT-16 a crawl returns every existing row exactly once while others are written', async () => {
    const seen: string[] = []
    let after = null
    for (let page = 0; ; page++) {
      const rows = await listRows(database.store, createListPlan({ ...AT, rows: 70, after }))
      seen.push(...rows.map((row) => row.service_request_id))
      if (rows.length < 70) break
      const { requested_datetime: at, service_request_id } = rows.at(-1)!
      after = { at, service_request_id }
      // Each page inserts newer and older rows and changes one.
      const written = ['2026-05-02T00:00:00Z', '2026-05-01T00:00:00Z', '2026-04-30T00:00:00Z'].map(
        (requested_datetime, index) =>
          createImport({
            service_request_id: `N-${page}-${index}`,
            requested_datetime,
            updated_datetime: '2026-06-01T00:00:00Z',
          }),
      )
      const changed = createImport({
        service_request_id: seen[0]!,
        status: 'closed',
        updated_datetime: '2026-06-02T00:00:00Z',
      })
      await importServiceRequests(database.store, AT, [...written, changed])
    }
    const before = seen.filter((id) => id.startsWith('P-') || id === 'nowhere')
    expect(before.length).toBe(PLACES.length + 1)
    expect(new Set(seen).size).toBe(seen.length)
  })
})
