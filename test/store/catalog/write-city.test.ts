import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CityFolder, readCityFolders } from '../../../src/catalog/read-city-folder.js'
import type { Jurisdiction } from '../../../src/standard/catalog.js'
import { ensureServices } from '../../../src/store/catalog/ensure-services.js'
import { listJurisdictions, removeJurisdiction } from '../../../src/store/catalog/jurisdictions.js'
import { loadCatalog } from '../../../src/store/catalog/load-catalog.js'
import { writeCities } from '../../../src/store/catalog/write-city.js'
import { importServiceRequests } from '../../../src/store/service-requests/import.js'
import { findServiceRequest } from '../../../src/store/service-requests/public-service-requests.js'
import { databases, type TestDatabase } from '../../harness/databases.js'
import { createImport } from '../service-requests/create-import.js'

const NOW = '2026-06-01T12:00:00Z'

describe.each(databases)('$kind', ({ open }) => {
  let database: TestDatabase
  let city: CityFolder
  const load = (changed: CityFolder = city, now = NOW) =>
    writeCities(database.store, [changed], now).then(([report]) => report!)
  const readCity = async (id = 'rivertown.example'): Promise<Jurisdiction> =>
    (await loadCatalog(database.store)).jurisdictions.get(id)!
  const change = (code: string, fields: object): CityFolder => ({
    ...city,
    services: city.services.map((each) => (each.service_code === code ? { ...each, ...fields } : each)),
  })

  beforeAll(async () => {
    database = await open()
    ;[city] = (await readCityFolders('fixtures/rivertown')) as [CityFolder]
    await load()
  })
  afterAll(() => database?.close())

  test('a loaded jurisdiction has the services and attributes of its files, in their order', async () => {
    const { services, boundary, time_zone } = await readCity()
    expect([...services.keys()]).toEqual(city.services.map((each) => each.service_code))
    expect(time_zone).toBe('America/Chicago')
    expect(boundary!.geometry.coordinates[0]![0]!.length).toBeGreaterThan(60)
    const lamp = services.get('STREET-LIGHT')!
    expect(lamp.attributes.map((each) => each.code)).toEqual([
      'LAMP_NO',
      'LAMP_TYPE',
      'FAULT',
      'LAMP_COUNT',
      'SINCE',
      'DETAILS',
      'SAFETY_NOTE',
    ])
    expect(lamp.attributes.map((each) => each.order)).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(lamp.attributes[2]!.values.map((each) => each.key)).toEqual(['DARK', 'FLICKER', 'DAY', 'DAMAGED'])
  })

  test('loading the same folder again changes nothing and keeps the changeset', async () => {
    const { changeset } = await readCity()
    expect(await load(city, '2027-01-01T00:00:00Z')).toMatchObject({
      added: [],
      changed: [],
      retired: [],
      areas: 0,
      isDifferent: false,
    })
    expect((await readCity()).changeset).toBe(changeset)
  })

  test('DISC-07 every difference advances the changeset, however quickly they follow each other', async () => {
    const differences: CityFolder[] = [
      change('POTHOLE', { description: 'Another text' }),
      change('STREET-LIGHT', {
        attributes: city.services.find((each) => each.service_code === 'STREET-LIGHT')!.attributes.slice(1),
      }),
      { ...city, services: [...city.services].reverse() },
      { ...city, services: city.services.slice(1) },
      { ...city, jurisdiction: { ...city.jurisdiction, contact: 'Someone else' } },
      { ...city, areas: city.areas.slice(1) },
    ]
    for (const difference of differences) {
      await load()
      const before = (await readCity()).changeset
      expect((await load(difference)).isDifferent).toBe(true)
      expect((await readCity()).changeset > before).toBe(true)
    }
    await load()
  })

  test('A-61 a service that becomes private hides its existing service requests', async () => {
    const at = { jurisdiction_id: 'rivertown.example', endpoint: 'production' as const }
    const row = createImport({ service_request_id: 'OLD-2', service_code: 'POTHOLE' })
    await importServiceRequests(database.store, at, [row])
    await load(change('POTHOLE', { visibility: 'private' }))
    expect(await findServiceRequest(database.store, { ...at, service_request_id: 'OLD-2' })).toBeUndefined()
    await load()
    expect(await findServiceRequest(database.store, { ...at, service_request_id: 'OLD-2' })).toBeUndefined()
  })

  test('a service missing in the folder is no longer offered, and its service requests stay unchanged', async () => {
    const at = { jurisdiction_id: 'rivertown.example', endpoint: 'production' as const }
    await importServiceRequests(database.store, at, [
      createImport({ service_request_id: 'OLD-1', service_code: 'GRAFFITI' }),
    ])
    const without = { ...city, services: city.services.filter((each) => each.service_code !== 'GRAFFITI') }
    expect(await load(without)).toMatchObject({ retired: ['GRAFFITI'], added: [], changed: [] })
    expect((await readCity()).services.has('GRAFFITI')).toBe(false)
    expect(await findServiceRequest(database.store, { ...at, service_request_id: 'OLD-1' })).toMatchObject({
      service_code: 'GRAFFITI',
      service_name: expect.any(String),
    })
    expect(await load()).toMatchObject({ added: ['GRAFFITI'] })
  })

  test('services created by imports stay until a folder defines them', async () => {
    const named = { service_code: '', service_name: 'Fallen sign', group: 'Signs', agency_responsible: null }
    expect(await ensureServices(database.store, 'rivertown.example', [named, named], NOW)).toBe(1)
    expect(await load()).toMatchObject({ retired: [], isDifferent: false })
    expect((await readCity()).services.get('SIGNS-FALLEN-SIGN')).toMatchObject({
      service_name: 'Fallen sign',
      group: 'Signs',
    })
    const first = city.services[0]!
    const own = {
      ...city,
      services: [
        ...city.services,
        { ...first, service_code: 'SIGNS-FALLEN-SIGN', service_name: 'Sign down' },
      ],
    }
    expect(await load(own)).toMatchObject({ changed: ['SIGNS-FALLEN-SIGN'] })
    expect(await load()).toMatchObject({ retired: ['SIGNS-FALLEN-SIGN'] })
  })

  test('a jurisdiction is removed with all its data', async () => {
    await writeCities(database.store, await readCityFolders('fixtures/two-towns'), NOW)
    await importServiceRequests(database.store, { jurisdiction_id: 'millfield.example', endpoint: 'test' }, [
      createImport(),
    ])
    await removeJurisdiction(database.store, 'millfield.example')
    expect(await listJurisdictions(database.store)).toEqual(['harbourview.example', 'rivertown.example'])
    await removeJurisdiction(database.store, 'harbourview.example')
  })

  test('a self-intersecting boundary is repaired; an area without an extent is refused by name', async () => {
    const [bowtie] = (await readCityFolders('fixtures/odd/bowtie')) as [CityFolder]
    await load(bowtie)
    const { boundary } = await readCity('bowtie.example')
    expect(boundary!.geometry.coordinates).toHaveLength(2)
    const { rows } = await sql<{
      n: number
    }>`select count(*)::int as n from area where jurisdiction_id = 'bowtie.example'`.execute(database.store)
    expect(rows[0]!.n).toBe(2)
    const line = '{"type":"MultiPolygon","coordinates":[[[[0,0],[1,1],[2,2],[0,0]]]]}'
    const boundaryless = load({ ...bowtie, boundary: { file: 'b.geojson', geometry: line } })
    await expect(boundaryless).rejects.toThrow('b.geojson: boundary: is not a polygon with an area')
    const flat = {
      ...bowtie.areas[0]!,
      geometry: '{"type":"Polygon","coordinates":[[[0,0],[1,1],[2,2],[0,0]]]}',
    }
    await expect(load({ ...bowtie, areas: [flat] })).rejects.toThrow('half 1: is not a polygon with an area')
    expect((await readCity('bowtie.example')).boundary).not.toBeNull()
  })

  test('a failed load leaves all its jurisdictions unchanged', async () => {
    const before = await readCity()
    const two = await readCityFolders('fixtures/two-towns')
    const unusable = {
      ...two[1]!,
      boundary: { file: 'x', geometry: '{"type":"MultiPolygon","coordinates":[]}' },
    }
    await expect(writeCities(database.store, [two[0]!, unusable], NOW)).rejects.toThrow('x: boundary')
    expect(await readCity('harbourview.example')).toBeUndefined()
    const broken = change('POTHOLE', { service_name: '' })
    await expect(load({ ...broken, services: broken.services.slice(0, 5) })).rejects.toThrow()
    expect(await readCity()).toEqual(before)
  })
})
