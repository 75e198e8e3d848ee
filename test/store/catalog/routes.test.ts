import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Jurisdiction } from '../../../src/standard/catalog.js'
import { createKey } from '../../../src/store/catalog/api-keys.js'
import { loadCatalog } from '../../../src/store/catalog/load-catalog.js'
import { findMisrouted, reroute } from '../../../src/store/catalog/reroute.js'
import { writeCities } from '../../../src/store/catalog/write-city.js'
import { importServiceRequests } from '../../../src/store/service-requests/import.js'
import { databases, type TestDatabase } from '../../harness/databases.js'
import * as town from '../../harness/squareton.js'
import { createImport } from '../service-requests/create-import.js'
import { submitServiceRequest } from '../service-requests/submit-service-request.js'

const NOW = '2026-06-01T12:00:00Z'
const SINCE = '2026-04-01T00:00:00Z'
const AT = town.PRODUCTION

describe.each(databases)('$kind', ({ open }) => {
  let database: TestDatabase
  let city: Jurisdiction
  const agencies = async () => {
    const { rows } = await sql<{ id: string; agency: string | null; changed: string }>`
      select service_request_id as id, agency_responsible as agency, updated_datetime as changed
        from service_request order by id`.execute(database.store)
    return new Map(rows.map(({ id, agency, changed }) => [id, { agency, changed }]))
  }
  const getAgency = async (id: string) => (await agencies()).get(id)?.agency
  const importRow = (id: string, fields: object = {}) =>
    importServiceRequests(database.store, AT, [createImport({ service_request_id: id, ...fields })])

  beforeAll(async () => {
    database = await open()
    await writeCities(database.store, [await town.readTown()], NOW)
    await createKey(database.store, { name: 'a', jurisdiction_id: null, scopes: ['report'], now: NOW })
    city = (await loadCatalog(database.store)).jurisdictions.get(town.SQUARETON)!
  })
  beforeEach(async () => {
    await sql`truncate service_request cascade`.execute(database.store)
  })
  afterAll(() => database?.close())

  test.each([
    ['in an area of a route', 'POTHOLE', town.WEST, 'Streets West'],
    ['in two areas is that of the first route', 'POTHOLE', town.OLD_WEST, 'Old Town Office'],
    ['outside all areas of routes', 'POTHOLE', town.EAST, 'Streets'],
    ['on the border', 'POTHOLE', town.BORDER, 'Streets West'],
    ['without a location', 'POTHOLE', null, 'Streets'],
    ['of a service without routes', 'CRACK', town.WEST, 'Streets'],
    ['of a service without an agency', 'FERRY', town.WEST, null],
  ] as const)('EXT-26 the agency of a submission %s', async (_, code, location, agency) => {
    const id = await submitServiceRequest(database.store, {
      ...AT,
      service: city.services.get(code)!,
      ...location,
    })
    expect(await getAgency(id)).toBe(agency)
    await importRow('I', { service_code: code, ...location })
    expect(await getAgency('I')).toBe(agency)
  })

  test('EXT-26 an import with agency_responsible keeps it, also when it is imported again', async () => {
    await importRow('I', { ...town.WEST, agency_responsible: 'Its own' })
    expect(await getAgency('I')).toBe('Its own')
    await importRow('I', { ...town.OLD_WEST, agency_responsible: 'Its own' })
    expect(await getAgency('I')).toBe('Its own')
  })

  test('EXT-26 an import without agency_responsible gets that of its new location when it moves, and otherwise keeps its own', async () => {
    const result = await importRow('I', town.WEST)
    expect(result).toMatchObject({ inserted: 1 })
    expect(await importRow('I', town.WEST)).toMatchObject({ inserted: 0, updated: 0 })
    await importRow('I', town.EAST)
    expect(await getAgency('I')).toBe('Streets')
    expect(await importRow('I', { ...town.WEST, service_code: 'CRACK' })).toMatchObject({ updated: 1 })
    expect(await getAgency('I')).toBe('Streets')
  })

  test('EXT-26 routes apply to their own jurisdiction only', async () => {
    const twin = await town.readTown({
      jurisdiction: { jurisdiction_id: 'twin.example' },
      services: [{ service_code: 'POTHOLE', service_name: 'Pothole', agency_responsible: 'Twin' }],
    })
    await writeCities(database.store, [twin], NOW)
    await importServiceRequests(database.store, { ...AT, jurisdiction_id: 'twin.example' }, [
      createImport({ service_request_id: 'T', ...town.WEST }),
    ])
    expect(await getAgency('T')).toBe('Twin')
  })

  describe('service requests whose agency differs from the routes', () => {
    const wrong = { agency_responsible: 'Wrong' }
    beforeEach(async () => {
      await sql`delete from service_request`.execute(database.store)
      await importRow('right', town.WEST)
      await importRow('open', { ...town.WEST, ...wrong })
      await importRow('closed', { ...town.WEST, ...wrong, status: 'closed' })
      await importRow('old', { ...town.WEST, ...wrong, requested_datetime: '2026-03-31T23:59:59Z' })
      await importRow('first', { ...town.EAST, ...wrong, requested_datetime: SINCE })
      await importServiceRequests(database.store, { ...AT, endpoint: 'test' }, [
        createImport({ service_request_id: 'test', ...town.WEST, ...wrong }),
      ])
      await sql`update service_request set origin = 'submission'`.execute(database.store)
      // An import has the agency of its source, which would set it again.
      await importRow('theirs', { ...town.WEST, ...wrong })
    })

    test('EXT-26 are counted by service and agencies since a date, and nothing is changed', async () => {
      const before = await agencies()
      const scope = { jurisdiction_id: town.SQUARETON, service_code: 'POTHOLE', agency: 'Wrong' }
      expect(await findMisrouted(database.store, { since: SINCE, now: NOW, cities: [] })).toEqual([
        { ...scope, routed_agency: 'Streets', count: 1, open: 1 },
        { ...scope, routed_agency: 'Streets West', count: 3, open: 1 },
      ])
      expect(await agencies()).toEqual(before)
    })

    test('EXT-26 get the agency of the routes if they are open submissions since a date', async () => {
      const before = await agencies()
      expect(await reroute(database.store, { since: SINCE, now: NOW })).toBe(2)
      const after = await agencies()
      const assignedTo = (agency: string) => ({ agency, changed: NOW })
      expect(after).toEqual(
        new Map([...before, ['open', assignedTo('Streets West')], ['first', assignedTo('Streets')]]),
      )
      expect(await reroute(database.store, { since: SINCE, now: NOW })).toBe(0)
    })

    test('EXT-26 DISC-07 can be counted for a folder that is not loaded, and nothing is changed', async () => {
      const services = [{ service_code: 'POTHOLE', service_name: 'Pothole', agency_responsible: 'Wrong' }]
      const cities = [await town.readTown({ services, areas: {} })]
      const readAll = async () => [
        await agencies(),
        await loadCatalog(database.store),
        (await sql`select * from area_assignment order by 1`.execute(database.store)).rows,
      ]
      const before = await readAll()
      expect(await findMisrouted(database.store, { since: SINCE, now: NOW, cities })).toEqual([
        {
          jurisdiction_id: town.SQUARETON,
          service_code: 'POTHOLE',
          agency: 'Streets West',
          routed_agency: 'Wrong',
          count: 1,
          open: 1,
        },
      ])
      expect(await readAll()).toEqual(before)
    })
  })
})
