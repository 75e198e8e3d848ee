import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { getServiceRequests } from '../../../src/operations/get-service-requests.js'
import type { Jurisdiction } from '../../../src/standard/catalog.js'
import { loadCatalog } from '../../../src/store/catalog/load-catalog.js'
import { writeCities } from '../../../src/store/catalog/write-city.js'
import { refreshStatistics } from '../../../src/store/database/maintenance.js'
import { countServiceRequests } from '../../../src/store/list/list-service-requests.js'
import { databases, type TestDatabase } from '../../harness/databases.js'
import * as town from '../../harness/squareton.js'
import { insertAlongLine } from '../catalog/areas.js'
import { createListPlan } from './list-rows.js'
import { runOperation } from './run-operation.js'

const COUNT = 10_001

describe.each(databases)('$kind', ({ open }) => {
  let database: TestDatabase
  let city: Jurisdiction
  const count = async (args: Record<string, string>) =>
    (await runOperation(getServiceRequests, database.store, city, { page_size: '1', ...args })).headers[
      'x-result-count'
    ]

  beforeAll(async () => {
    database = await open()
    const services = [{ service_code: 'CRACK', service_name: 'Crack' }]
    await writeCities(database.store, [await town.readTown({ services })], '2026-06-01T12:00:00Z')
    await insertAlongLine(database.store, town.SQUARETON, { count: COUNT, west: 10, east: 14, lat: 52 })
    await refreshStatistics(database.store)
    city = (await loadCatalog(database.store)).jurisdictions.get(town.SQUARETON)!
  })
  afterAll(() => database?.close())

  test('EXT-14 an estimated count is exact up to 10,000, and ends with + beyond', async () => {
    expect(await count({ count: 'exact' })).toBe(String(COUNT))
    expect(await count({ count: 'estimated' })).toBe('10000+')
    const allButFirst = { start_date: '2026-05-01T00:00:02Z' }
    expect(await count({ ...allButFirst, count: 'estimated' })).toBe('10000')
    expect(await count({ ...allButFirst, count: 'exact' })).toBe('10000')
    expect(await count({ area: 'ward:west', count: 'estimated' })).toBe(
      await count({ area: 'ward:west', count: 'exact' }),
    )
    expect(await count({})).toBeUndefined()
  })

  test('EXT-14 a count stops at its limit, if it has one', async () => {
    const plan = createListPlan(town.PRODUCTION)
    expect(await countServiceRequests(database.store, plan, 10)).toBe(10)
    expect(await countServiceRequests(database.store, plan, null)).toBe(COUNT)
  })

  test('EXT-16 EXT-13 a crawl of an area returns every service request of it once', async () => {
    const ids = new Set<string>()
    let rows = 0
    for (
      let args: Record<string, string> | null = { cursor: 'first', area: 'ward:west', page_size: '1000' };
      args;
    ) {
      const page = await runOperation(getServiceRequests, database.store, city, args)
      for (const { service_request_id } of page.rows) ids.add(String(service_request_id))
      rows += page.rows.length
      const next = /<\?([^>]*)>/.exec(page.headers.link ?? '')?.[1]
      args = next ? Object.fromEntries(new URLSearchParams(next)) : null
    }
    expect(rows).toBe(Number(await count({ area: 'ward:west', count: 'exact' })))
    expect(ids.size).toBe(rows)
    expect(rows).toBeGreaterThan(4000)
  })
})
