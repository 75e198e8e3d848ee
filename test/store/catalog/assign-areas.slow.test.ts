import { sql } from 'kysely'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { assignNextAreas } from '../../../src/store/catalog/assign-areas.js'
import { removeJurisdiction } from '../../../src/store/catalog/jurisdictions.js'
import { writeCities } from '../../../src/store/catalog/write-city.js'
import { importServiceRequests } from '../../../src/store/service-requests/import.js'
import { databases, type TestDatabase } from '../../harness/databases.js'
import * as town from '../../harness/squareton.js'
import { createImport } from '../service-requests/create-import.js'
import { assignAllAreas, countWronglyAssigned, insertAlongLine, listAreas } from './areas.js'

const NOW = '2026-06-01T12:00:00Z'
const AT = town.PRODUCTION
/** The number of rows, and the distance of their ids: an assignment takes some steps. */
const [COUNT, APART] = [880, 5]

/** Services without areas, so that areas can be removed. */
const services = [
  { service_code: 'POTHOLE', service_name: 'Pothole' },
  { service_code: 'CRACK', service_name: 'Crack' },
]

/** The border of the wards is further east, the district has another id, and there is a new ward. */
const CHANGED = {
  ward: [
    town.area('west', 'Far Westside', 10, 50, 13, 54),
    town.area('east', 'Eastside', 13, 50, 14, 54),
    town.area('strip', 'Strip', 10, 51.9, 14, 52.1),
  ],
  district: [town.area('older', 'Old Town', 11.5, 51, 12.5, 53)],
}

describe.each(databases)('$kind', ({ kind, open }) => {
  let database: TestDatabase
  const load = async (areas?: town.Town['areas']) =>
    (await writeCities(database.store, [await town.readTown({ services, ...(areas && { areas }) })], NOW))[0]!
  const step = () => assignNextAreas(database.store)
  const listCityAreas = () => listAreas(database.store, town.SQUARETON)
  const isDone = async () => (await assignNextAreas(database.store)) === null
  const readRowVersions = async () => {
    const { rows } = await sql<{ xmin: string }>`
      select r.xmin::text from service_request as r order by r.id`.execute(database.store)
    return rows.map((row) => row.xmin)
  }

  beforeEach(async () => {
    database ??= await open()
    await sql`truncate service_request restart identity cascade`.execute(database.store)
    await load()
    await insertAlongLine(database.store, town.SQUARETON, {
      count: COUNT,
      apart: APART,
      west: 10,
      east: 14,
      lat: 52,
    })
    await assignAllAreas(database.store)
  })
  afterAll(() => database?.close())

  test('EXT-13 changed areas are assigned to existing service requests in several steps', async () => {
    expect(await countWronglyAssigned(database.store)).toBe(0)
    expect((await load(CHANGED)).areas).toBe(5)
    expect(await countWronglyAssigned(database.store)).toBeGreaterThan(200)
    const first = await step()
    expect(first).toMatchObject({ jurisdiction_id: town.SQUARETON })
    expect(first!.done_id).toBeLessThan(first!.last_id)
    expect(await countWronglyAssigned(database.store)).toBeGreaterThan(0)
    expect(await assignAllAreas(database.store)).toBeGreaterThan(1)
    expect(await countWronglyAssigned(database.store)).toBe(0)
    const areas = await listCityAreas()
    expect(areas[`L-${COUNT / 4}`]).toEqual(['ward:strip', 'ward:west'])
    expect(areas[`L-${COUNT / 2}`]).toEqual(['district:older', 'ward:strip', 'ward:west'])
    expect(areas[`L-${COUNT - 1}`]).toEqual(['ward:east', 'ward:strip'])
    expect(await isDone()).toBe(true)
  })

  test('EXT-13 loading the same areas again leaves nothing to assign; a new name alone writes no service request', async () => {
    const before = await readRowVersions()
    expect((await load()).isDifferent).toBe(false)
    expect(await isDone()).toBe(true)
    const renamed = [{ ...town.WARDS[0]!, name: 'West End' }, town.WARDS[1]!]
    expect((await load({ ward: renamed, district: town.DISTRICTS })).areas).toBe(1)
    expect(await isDone()).toBe(true)
    expect(await readRowVersions()).toEqual(before)
  })

  test('EXT-13 an assignment that changes nothing writes nothing', async () => {
    const before = await readRowVersions()
    await sql`update area set geom = st_reverse(geom)`.execute(database.store)
    expect(await assignAllAreas(database.store)).toBeGreaterThan(0)
    expect(await readRowVersions()).toEqual(before)
  })

  test('EXT-13 removed areas are removed from their service requests', async () => {
    await load({ ward: town.WARDS })
    await assignAllAreas(database.store)
    expect(new Set(Object.values(await listCityAreas()).flat())).toEqual(new Set(['ward:west', 'ward:east']))
    expect(await countWronglyAssigned(database.store)).toBe(0)
    await load({})
    await assignAllAreas(database.store)
    expect(Object.values(await listCityAreas()).flat()).toEqual([])
  })

  test('EXT-13 concurrent workers do every step exactly once', async () => {
    await load(CHANGED)
    const work = () => assignAllAreas(database.store)
    const steps = await Promise.all([work(), work(), work()])
    expect(await assignAllAreas(database.store)).toBe(0)
    expect(steps.reduce((sum, each) => sum + each)).toBe(3)
    expect(await countWronglyAssigned(database.store)).toBe(0)
  })

  test('EXT-13 areas that change during an assignment restart it', async () => {
    await load(CHANGED)
    await step()
    await load({ ward: [town.WARDS[0]!] })
    const { rows } = await sql<{ generation: number; last_id: number | null }>`
      select generation, last_id from area_assignment`.execute(database.store)
    expect(rows).toEqual([{ generation: expect.any(Number), last_id: null }])
    expect(rows[0]!.generation).toBeGreaterThan(1)
    await assignAllAreas(database.store)
    expect(await countWronglyAssigned(database.store)).toBe(0)
    expect(new Set(Object.values(await listCityAreas()).flat())).toEqual(new Set(['ward:west']))
  })

  test('EXT-13 service requests written or moved during an assignment get the current areas', async () => {
    await load(CHANGED)
    await step()
    const rows = [
      createImport({ service_request_id: 'NEW', ...town.OLD_EAST }),
      createImport({ service_request_id: 'L-1', service_code: 'CRACK', ...town.BORDER }),
      createImport({ service_request_id: `L-${COUNT}`, service_code: 'CRACK', ...town.BORDER }),
    ]
    await importServiceRequests(database.store, AT, rows)
    const during = await listCityAreas()
    expect(during.NEW).toEqual(['district:older', 'ward:strip', 'ward:west'])
    expect(during['L-1']).toEqual(['ward:west'])
    expect(during[`L-${COUNT}`]).toEqual(['ward:west'])
    await assignAllAreas(database.store)
    expect(await countWronglyAssigned(database.store)).toBe(0)
  })

  // The embedded database has one session.
  test.skipIf(kind === 'embedded')(
    'EXT-13 an assignment waits for transactions that wrote while areas changed',
    async () => {
      const writer = await database.open()
      await writer.query('begin')
      await writer.query(`
      insert into service_request (jurisdiction_id, endpoint, service_request_id, service_code, requested_datetime,
                                   updated_datetime, geom, visibility, origin)
      select jurisdiction_id, endpoint, 'LATE', service_code, requested_datetime, updated_datetime,
             st_setsrid(st_makepoint(12.2, 52), 4326), visibility, origin
        from service_request where service_request_id = 'L-1'`)
      await load(CHANGED)
      const work = assignAllAreas(database.store)
      await writer.query('commit')
      writer.release()
      await work
      expect((await listCityAreas()).LATE).toEqual(['district:older', 'ward:strip', 'ward:west'])
      expect(await countWronglyAssigned(database.store)).toBe(0)
    },
  )

  test('EXT-13 two jurisdictions are assigned, and a jurisdiction can be removed during its assignment', async () => {
    const twin = await town.readTown({
      jurisdiction: { jurisdiction_id: 'twin.example' },
      services,
      areas: CHANGED,
    })
    await writeCities(database.store, [twin], NOW)
    await load(CHANGED)
    await importServiceRequests(database.store, { ...AT, jurisdiction_id: 'twin.example' }, [
      createImport({ service_request_id: 'T', ...town.EAST }),
    ])
    await sql`update area set geom = st_translate(geom, 0.25, 0)`.execute(database.store)
    await assignAllAreas(database.store)
    expect(await countWronglyAssigned(database.store)).toBe(0)
    await sql`update area set geom = st_translate(geom, -0.25, 0)`.execute(database.store)
    await step()
    await removeJurisdiction(database.store, 'twin.example')
    await assignAllAreas(database.store)
    expect(await countWronglyAssigned(database.store)).toBe(0)
    expect(await listAreas(database.store, 'twin.example')).toEqual({})
  })
})
