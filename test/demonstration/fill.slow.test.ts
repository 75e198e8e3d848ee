import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEMONSTRATION_KEY, fillDemonstration } from '../../src/demonstration/fill.js'
import { addDays, formatDatetime } from '../../src/standard/datetime.js'
import { hashKey } from '../../src/store/catalog/api-keys.js'
import { loadCatalog } from '../../src/store/catalog/load-catalog.js'
import { databases, type TestDatabase } from '../harness/databases.js'

const NOW = Date.parse('2028-02-29T12:00:00Z')
const DAY = 86_400_000

describe.each(databases)('$kind', ({ open }) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await open()
  })
  afterAll(() => database?.close())

  const fill = (now: number) => fillDemonstration(database.store, now, () => {})
  const rows = () =>
    database.store
      .selectFrom('service_request')
      .select(['service_request_id', 'requested_datetime', 'geom'])
      .orderBy('requested_datetime')
      .orderBy('service_request_id')
      .execute()

  test('an empty database is filled with the year before now, and brought up to date later', async () => {
    expect(await fill(NOW)).toBe('rivertown.example')
    expect((await loadCatalog(database.store)).keys.has(hashKey(DEMONSTRATION_KEY).toString('hex'))).toBe(
      true,
    )
    const year = await rows()
    expect(year.length).toBeGreaterThan(5000)
    expect(year.filter(({ geom }) => geom === null).length).toBeGreaterThan(50)
    // Days of the city begin some hours after those of UTC.
    expect(year[0]!.requested_datetime < addDays(formatDatetime(NOW), -363)).toBe(true)
    expect(year.at(-1)!.requested_datetime <= formatDatetime(NOW)).toBe(true)

    await fill(NOW + DAY / 2)
    expect(await rows()).toEqual(year)
    await fill(NOW + 2 * DAY)
    const later = await rows()
    expect(later.slice(0, year.length)).toEqual(year)
    expect(later.length).toBeGreaterThan(year.length)
    expect(later.at(-1)!.requested_datetime > year.at(-1)!.requested_datetime).toBe(true)
  })
})
