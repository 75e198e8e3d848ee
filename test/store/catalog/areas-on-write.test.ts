import { booleanPointInPolygon, polygon } from '@turf/turf'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { getServiceRequests } from '../../../src/operations/get-service-requests.js'
import type { Jurisdiction } from '../../../src/standard/catalog.js'
import { createKey } from '../../../src/store/catalog/api-keys.js'
import { loadCatalog } from '../../../src/store/catalog/load-catalog.js'
import { writeCities } from '../../../src/store/catalog/write-city.js'
import { importServiceRequests } from '../../../src/store/service-requests/import.js'
import { databases, type TestDatabase } from '../../harness/databases.js'
import { fixedSeed } from '../../harness/property-seed.js'
import * as town from '../../harness/squareton.js'
import { runOperation } from '../list/run-operation.js'
import { createImport } from '../service-requests/create-import.js'
import { submitServiceRequest } from '../service-requests/submit-service-request.js'
import { listAreas } from './areas.js'

const NOW = '2026-06-01T12:00:00Z'
const AT = town.PRODUCTION

/** A star with many corners, some of them on whole degrees; below, a square with a hole. */
const STAR = Array.from({ length: 40 }, (_, index) => {
  const [angle, far] = [(index * Math.PI) / 20, index % 2 === 0 ? 1.9 : 0.7]
  return [12 + far * Math.cos(angle), 52 + far * Math.sin(angle)].map((each) => Math.round(each * 1e6) / 1e6)
})
const SHAPES: Record<string, town.Ring[]> = {
  'ward:west': town.WARDS[0]!.rings,
  'ward:east': town.WARDS[1]!.rings,
  'odd:star': [[...STAR, STAR[0]!]],
  'odd:ring': [town.ring(10.5, 50.5, 13.5, 53.5), town.ring(11, 51, 13, 53).reverse()],
}

describe.each(databases)('$kind', ({ open }) => {
  let database: TestDatabase
  let city: Jurisdiction
  const submit = (location: { lat: number; long: number } | null) =>
    submitServiceRequest(database.store, { ...AT, service: city.services.get('POTHOLE')!, ...location })
  const listCityAreas = () => listAreas(database.store, AT.jurisdiction_id)
  const listPlainAreas = async () =>
    Object.fromEntries(
      Object.entries(await listCityAreas()).map(([id, names]) => [
        id,
        names.filter((each) => !each.startsWith('odd:')),
      ]),
    )

  beforeAll(async () => {
    database = await open()
    const odd = ['star', 'ring'].map((id) => ({ id, name: id, rings: SHAPES[`odd:${id}`]! }))
    await writeCities(
      database.store,
      [await town.readTown({ areas: { ward: town.WARDS, district: town.DISTRICTS, odd } })],
      NOW,
    )
    await createKey(database.store, { name: 'a', jurisdiction_id: null, scopes: ['report'], now: NOW })
    city = (await loadCatalog(database.store)).jurisdictions.get(town.SQUARETON)!
  })
  afterAll(() => database?.close())

  test('EXT-13 a submission gets the areas of its location, on a border those of both sides', async () => {
    const locations = [town.WEST, town.OLD_EAST, town.BORDER, town.OUTSIDE, null]
    const ids = []
    for (const location of locations) ids.push(await submit(location))
    const areas = await listPlainAreas()
    expect(ids.map((id) => areas[id])).toEqual([
      ['ward:west'],
      ['district:old', 'ward:east'],
      ['ward:east', 'ward:west'],
      [],
      [],
    ])
  })

  test('EXT-13 a repeated import with another location, or with none, updates the areas', async () => {
    const importAt = async (fields: object) => {
      await importServiceRequests(database.store, AT, [createImport({ service_request_id: 'M', ...fields })])
      return (await listPlainAreas()).M
    }
    expect(await importAt(town.OLD_WEST)).toEqual(['district:old', 'ward:west'])
    expect(await importAt(town.OLD_WEST)).toEqual(['district:old', 'ward:west'])
    expect(await importAt(town.EAST)).toEqual(['ward:east'])
    expect(await importAt({ lat: null, long: null })).toEqual([])
    expect(await importAt(town.WEST)).toEqual(['ward:west'])
  })

  test('EXT-13 areas of random locations, and the results of area=, match an independent implementation', async () => {
    const degrees = (min: number, max: number) =>
      fc.oneof(
        { weight: 4, arbitrary: fc.integer({ min: min * 1e6, max: max * 1e6 }).map((each) => each / 1e6) },
        { weight: 1, arbitrary: fc.integer({ min, max }) },
      )
    const locations = fc.sample(fc.record({ long: degrees(9, 15), lat: degrees(49, 55) }), {
      numRuns: 500,
      seed: fixedSeed(13),
    })
    const rows = locations.map((location, index) =>
      createImport({ service_request_id: `R-${index}`, ...location }),
    )
    await importServiceRequests(database.store, AT, rows)
    const areas = await listCityAreas()
    for (const name of Object.keys(SHAPES)) {
      const expected = locations.flatMap((location, index) => (isIn(location, name) ? [`R-${index}`] : []))
      const assigned = Object.keys(areas).filter((id) => areas[id]!.includes(name) && id.startsWith('R-'))
      expect(assigned, name).toEqual(expected)
      const { rows } = await runOperation(getServiceRequests, database.store, city, { area: name })
      const ids = rows.map((row) => String(row.service_request_id)).filter((each) => each.startsWith('R-'))
      expect(new Set(ids), name).toEqual(new Set(expected))
      expect(expected.length).toBeGreaterThan(20)
    }
  })
})

function isIn({ lat, long }: { lat: number; long: number }, name: string): boolean {
  return booleanPointInPolygon([long, lat], polygon(SHAPES[name]!))
}
