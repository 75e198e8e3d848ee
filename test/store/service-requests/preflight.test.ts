import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { getPreflight } from '../../../src/operations/get-preflight.js'
import type { Jurisdiction } from '../../../src/standard/catalog.js'
import { addDays } from '../../../src/standard/datetime.js'
import { loadCatalog } from '../../../src/store/catalog/load-catalog.js'
import { writeCities } from '../../../src/store/catalog/write-city.js'
import type { ImportedServiceRequest } from '../../../src/store/service-requests/import.js'
import { importServiceRequests } from '../../../src/store/service-requests/import.js'
import { databases, type TestDatabase } from '../../harness/databases.js'
import * as town from '../../harness/squareton.js'
import { runOperation } from '../list/run-operation.js'
import { createImport } from './create-import.js'

const NOW = '2026-06-01T12:00:00Z'
const AT = town.PRODUCTION
const HERE = { lat: 52.2, long: 10.6 }
/** A location about `metres` north of HERE. */
const north = (metres: number) => ({ lat: HERE.lat + metres / 111_260, long: HERE.long })

interface Preflight {
  expected_datetime: string | null
  duplicates: { service_request_id: string; distance: number; similarity: number | null }[]
}

describe.each(databases)('$kind', ({ open }) => {
  let database: TestDatabase
  let city: Jurisdiction
  const importRows = (
    rows: Partial<ImportedServiceRequest>[],
    endpoint: 'production' | 'test' = 'production',
  ) => importServiceRequests(database.store, { ...AT, endpoint }, rows.map(createImport))
  const preflight = async (
    args: Record<string, string> = {},
    endpoint: 'production' | 'test' = 'production',
  ) => {
    const location = { lat: String(HERE.lat), long: String(HERE.long) }
    const allArgs = { service_code: 'POTHOLE', ...location, ...args }
    const { rows } = await runOperation(getPreflight, database.store, city, allArgs, endpoint)
    return rows[0] as unknown as Preflight
  }
  const findDuplicates = async (...args: Parameters<typeof preflight>) =>
    (await preflight(...args)).duplicates.map((each) => each.service_request_id)
  const readExpected = async () => (await preflight()).expected_datetime
  /** Imports service requests made `daysAgo`, each closed after a number of hours; null: still open. */
  const importPast = (hours: (number | null)[], daysAgo = 30) =>
    importRows(
      hours.map((each, index) => {
        const requested_datetime = addDays(NOW, -daysAgo)
        const closed = each === null ? null : addDays(requested_datetime, each / 24)
        return {
          service_request_id: `P-${daysAgo}-${index}`,
          requested_datetime,
          updated_datetime: closed ?? requested_datetime,
          closed_datetime: closed,
          status: closed ? 'closed' : 'open',
        }
      }),
    )

  beforeAll(async () => {
    database = await open()
    await writeCities(database.store, [await town.readTown()], NOW)
    city = (await loadCatalog(database.store)).jurisdictions.get(town.SQUARETON)!
  })
  beforeEach(async () => {
    await sql`truncate service_request cascade`.execute(database.store)
  })
  afterAll(() => database?.close())

  test('EXT-26 duplicates are open service requests nearby, the same service first, then by distance, at most five', async () => {
    await importRows([
      { service_request_id: 'other', service_code: 'CRACK', ...HERE },
      { service_request_id: 'far', ...north(90) },
      { service_request_id: 'near', ...north(10) },
      { service_request_id: 'too far', ...north(101) },
      { service_request_id: 'closed', ...HERE, status: 'closed' },
      { service_request_id: 'unrelated', service_code: 'NOISE', ...HERE },
      { service_request_id: 'nowhere' },
    ])
    const { duplicates: found } = await preflight()
    expect(found.map((each) => each.service_request_id)).toEqual(['near', 'far', 'other'])
    expect(found.map((each) => Math.round(each.distance))).toEqual([10, 90, 0])
    expect(found.every((each) => each.similarity === null)).toBe(true)
    await importRows(
      Array.from({ length: 9 }, (_, index) => ({ service_request_id: `N-${index}`, ...north(index) })),
    )
    expect(await findDuplicates()).toEqual(['N-0', 'N-1', 'N-2', 'N-3', 'N-4'])
  })

  test('EXT-26 similarity of descriptions, from 0 to 1, outweighs distance', async () => {
    await importRows([
      { service_request_id: 'near', ...north(5), description: 'Fallen branch on the path' },
      { service_request_id: 'alike', ...north(60), description: 'Deep hole before the bakery' },
      { service_request_id: 'wordless', ...north(30) },
    ])
    expect(await findDuplicates()).toEqual(['near', 'wordless', 'alike'])
    const { duplicates: found } = await preflight({ description: 'deep hole before the bakery' })
    expect(found.map((each) => each.service_request_id)).toEqual(['alike', 'near', 'wordless'])
    expect(found[0]!.similarity).toBe(1)
    expect(found[1]!.similarity).toBeLessThan(0.3)
    expect(found[2]!.similarity).toBeNull()
  })

  test('EXT-26 A-61 GR-LIST-13 service requests that are not public, or of another endpoint, are never listed as duplicates', async () => {
    await importRows([
      { service_request_id: 'private', service_code: 'TIP', ...HERE },
      { service_request_id: 'moderated', service_code: 'CARE', ...HERE },
      { service_request_id: 'public', service_code: 'NOISE', ...HERE },
    ])
    await importRows([{ service_request_id: 'tried', service_code: 'NOISE', ...HERE }], 'test')
    for (const service_code of ['TIP', 'CARE', 'NOISE']) {
      expect(await findDuplicates({ service_code })).toEqual(['public'])
      expect(await findDuplicates({ service_code }, 'test')).toEqual(['tried'])
    }
  })

  test('EXT-26 preflight returns served, the reason if not, agency_responsible and the areas', async () => {
    const toArgs = ({ lat, long }: { lat: number; long: number }) => ({
      lat: String(lat),
      long: String(long),
    })
    const served = { served: true, reason: null }
    expect(await preflight(toArgs(town.OLD_EAST))).toMatchObject({
      ...served,
      agency_responsible: 'Old Town Office',
    })
    expect(await preflight({ service_code: 'FERRY', ...toArgs(town.EAST) })).toMatchObject({
      ...served,
      agency_responsible: null,
      areas: [{ area_type: 'ward', area_id: 'east', name: 'Eastside' }],
    })
    await importPast(Array(20).fill(48))
    const refused = { served: false, agency_responsible: null, expected_datetime: null }
    expect(await preflight(toArgs(town.OUTSIDE))).toMatchObject({
      ...refused,
      reason: expect.stringContaining('Squareton'),
      areas: [],
    })
    expect(await preflight({ service_code: 'FERRY', ...toArgs(town.WEST) })).toMatchObject({
      ...refused,
      reason: expect.stringContaining('Ferry'),
      areas: [{ area_type: 'ward', area_id: 'west', name: 'Westside' }],
    })
  })

  test('EXT-26 expected_datetime is the time after which half of the recent service requests were closed', async () => {
    await importPast([...Array(6).fill(48), ...Array(4).fill(300)])
    expect(await readExpected()).toBe(addDays(NOW, 2))
  })

  test('EXT-26 expected_datetime needs ten service requests of the same service and endpoint, neither too new nor too old', async () => {
    await importPast(Array(9).fill(48))
    expect(await readExpected()).toBeNull()
    await importPast([48], 13.9)
    await importPast([48], 381)
    const then = addDays(NOW, -30)
    const old = { requested_datetime: then, updated_datetime: then }
    await importRows([{ service_request_id: 'T', ...old }], 'test')
    await importRows([{ service_request_id: 'C', service_code: 'CRACK', ...old }])
    expect(await readExpected()).toBeNull()
    await importPast([48], 14)
    expect(await readExpected()).toBe(addDays(NOW, 2))
  })

  test('EXT-26 open service requests count as never closed', async () => {
    await importPast([...Array(5).fill(24), ...Array(5).fill(null)])
    expect(await readExpected()).toBe(addDays(NOW, 1))
    await importPast([null], 40)
    expect(await readExpected()).toBeNull()
  })

  test('EXT-26 expected_datetime depends on the newest 500 service requests', async () => {
    await importPast(Array(500).fill(24), 20)
    await importPast(Array(600).fill(240), 60)
    expect(await readExpected()).toBe(addDays(NOW, 1))
  })
})
