import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { getServiceRequests } from '../../../src/operations/get-service-requests.js'
import type { Jurisdiction } from '../../../src/standard/catalog.js'
import { loadCatalog } from '../../../src/store/catalog/load-catalog.js'
import { writeCities } from '../../../src/store/catalog/write-city.js'
import { databases, type TestDatabase } from '../../harness/databases.js'
import * as town from '../../harness/squareton.js'
import { runOperation } from './run-operation.js'

const ROWS = 60

describe.each(databases)('$kind', ({ open }) => {
  let database: TestDatabase
  let city: Jurisdiction

  beforeAll(async () => {
    database = await open()
    await writeCities(database.store, [await town.readTown()], '2026-06-01T12:00:00Z')
    city = (await loadCatalog(database.store)).jurisdictions.get(town.SQUARETON)!
    // Few distinct times, so that pages end between equal ones.
    await sql`
      insert into service_request (jurisdiction_id, endpoint, service_request_id, service_code, status,
                                   requested_datetime, updated_datetime)
      select ${town.SQUARETON}, 'production', 'C-' || n, case when n % 3 = 0 then 'CRACK' else 'POTHOLE' end, 'open',
             timestamptz '2026-01-01' + n % 5 * interval '1 day',
             timestamptz '2026-02-01' + n % 7 * interval '1 second'
        from generate_series(1, ${ROWS}::integer) as n`.execute(database.store)
  })
  afterAll(() => database?.close())

  /** Follows the next links; returns the ids of each page. */
  async function crawl(args: Record<string, string>): Promise<string[][]> {
    const pages: string[][] = []
    for (let query: Record<string, string> | null = args; query; ) {
      const { rows, headers }: Awaited<ReturnType<typeof runOperation>> = await runOperation(
        getServiceRequests,
        database.store,
        city,
        query,
      )
      pages.push(rows.map((row) => String(row.service_request_id)))
      expect(pages.length).toBeLessThanOrEqual(ROWS)
      const next: string | undefined = /^<\?([^>]+)>; rel="next"$/.exec(headers.link ?? '')?.[1]
      query = next ? Object.fromEntries(new URLSearchParams(next)) : null
      if (query) expect(Object.keys(query)).toEqual(expect.arrayContaining(['cursor']))
    }
    return pages
  }

  test.each(['requested_datetime', '-requested_datetime', 'updated_datetime', '-updated_datetime'])(
    'EXT-16 a crawl over unchanging data returns every row once, in the order of the list: %s',
    async (sort) => {
      const [whole] = await crawl({ sort, cursor: 'first' })
      expect(new Set(whole).size).toBe(ROWS)
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: ROWS + 1 }),
          fc.constantFrom({}, { service_code: 'CRACK' }, { updated_after: '2026-02-01T00:00:03Z' }),
          async (size, filter) => {
            const args = { sort, cursor: 'first', ...filter }
            const [list] = await crawl(args)
            const pages = await crawl({ ...args, page_size: String(size) })
            expect(pages.flat()).toEqual(list)
            for (const page of pages.slice(0, -1)) expect(page).toHaveLength(size)
          },
        ),
        { numRuns: 15 },
      )
    },
  )

  test('EXT-16 the next link of a first page has a cursor when sorted by -updated_datetime, and an offset when by distance', async () => {
    const readLink = async (args: Record<string, string>) =>
      (await runOperation(getServiceRequests, database.store, city, args)).headers.link
    const window = { start_date: '2026-01-01', page_size: '20' }
    expect(await readLink({ ...window, sort: '-updated_datetime' })).toMatch(/cursor=/)
    await sql`update service_request set geom = st_setsrid(st_makepoint(10, 52), 4326)`.execute(
      database.store,
    )
    const near = { lat: '52', long: '10', radius: '10', sort: 'distance' }
    expect(await readLink({ ...window, ...near })).toMatch(/offset=20/)
  })
})
