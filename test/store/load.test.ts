import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CityFolder, readCityFolders } from '../../src/catalog/read.js'
import type { Jurisdiction } from '../../src/standard/catalog.js'
import { readCatalog } from '../../src/store/catalog.js'
import { ensureServices, importServiceRequests } from '../../src/store/import.js'
import { loadCity } from '../../src/store/load.js'
import { findServiceRequest } from '../../src/store/service-requests.js'
import { databases, type TestDatabase } from '../databases.js'
import { imported } from './imported.js'

const NOW = '2026-06-01T12:00:00Z'

describe.each(databases)('$kind', ({ open }) => {
  let database: TestDatabase
  let city: CityFolder
  const load = (changed: CityFolder = city, now = NOW) => loadCity(database.store, changed, now)
  const loaded = async (id = 'rivertown.example'): Promise<Jurisdiction> =>
    (await readCatalog(database.store)).jurisdictions.get(id)!
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

  test('what is loaded is what the files say, in their order', async () => {
    const { services, boundary, time_zone } = await loaded()
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

  test('loading the same again changes nothing, and the changeset stays', async () => {
    const { changeset } = await loaded()
    expect(await load(city, '2027-01-01T00:00:00Z')).toMatchObject({
      added: [],
      changed: [],
      retired: [],
      areas: 0,
      isDifferent: false,
    })
    expect((await loaded()).changeset).toBe(changeset)
  })

  test('DISC-07 every difference moves the changeset forward, however quickly they follow each other', async () => {
    const differences: CityFolder[] = [
      change('POTHOLE', { description: 'Another text' }),
      change('STREET-LIGHT', {
        attributes: city.services.find((each) => each.service_code === 'STREET-LIGHT')!.attributes.slice(1),
      }),
      { ...city, services: [...city.services].reverse() },
      { ...city, services: city.services.slice(1) },
      { ...city, jurisdiction: { ...city.jurisdiction, contact: 'Someone else' } },
      { ...city, areas: city.areas.slice(1) },
      city,
    ]
    for (const difference of differences) {
      const before = (await loaded()).changeset
      expect((await load(difference)).isDifferent).toBe(true)
      expect((await loaded()).changeset > before).toBe(true)
    }
  })

  test('a service that vanished is offered no more, and its service requests stay as they were', async () => {
    const at = { jurisdiction_id: 'rivertown.example', endpoint: 'production' as const }
    await importServiceRequests(database.store, at, [
      imported({ service_request_id: 'OLD-1', service_code: 'GRAFFITI' }),
    ])
    const without = { ...city, services: city.services.filter((each) => each.service_code !== 'GRAFFITI') }
    expect(await load(without)).toMatchObject({ retired: ['GRAFFITI'], added: [], changed: [] })
    expect((await loaded()).services.has('GRAFFITI')).toBe(false)
    expect(await findServiceRequest(database.store, { ...at, service_request_id: 'OLD-1' })).toMatchObject({
      service_code: 'GRAFFITI',
      service_name: expect.any(String),
    })
    expect(await load()).toMatchObject({ added: ['GRAFFITI'] })
  })

  test('services met in imports are left alone, until a folder names them', async () => {
    const named = { service_code: '', service_name: 'Fallen sign', group: 'Signs', agency_responsible: null }
    expect(await ensureServices(database.store, 'rivertown.example', [named, named], NOW)).toBe(1)
    expect(await load()).toMatchObject({ retired: [], isDifferent: false })
    expect((await loaded()).services.get('SIGNS-FALLEN-SIGN')).toMatchObject({
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

  test('a boundary that crosses itself is mended; an area without an extent is refused by name', async () => {
    const [bowtie] = (await readCityFolders('fixtures/odd/bowtie')) as [CityFolder]
    await load(bowtie)
    const { boundary } = await loaded('bowtie.example')
    expect(boundary!.geometry.coordinates).toHaveLength(2)
    const { rows } = await sql<{
      n: number
    }>`select count(*)::int as n from area where jurisdiction_id = 'bowtie.example'`.execute(database.store)
    expect(rows[0]!.n).toBe(2)
    const flat = {
      ...bowtie.areas[0]!,
      geometry: '{"type":"Polygon","coordinates":[[[0,0],[1,1],[2,2],[0,0]]]}',
    }
    await expect(load({ ...bowtie, areas: [flat] })).rejects.toThrow('half 1: is not a polygon with an area')
    expect((await loaded('bowtie.example')).boundary).not.toBeNull()
  })

  test('a load that fails leaves everything as it was', async () => {
    const before = await loaded()
    const broken = change('POTHOLE', { service_name: '' })
    await expect(load({ ...broken, services: broken.services.slice(0, 5) })).rejects.toThrow()
    expect(await loaded()).toEqual(before)
  })
})
