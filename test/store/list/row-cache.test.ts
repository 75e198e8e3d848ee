import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Table } from '../../../src/documents/document.js'
import { serviceRequests } from '../../../src/documents/service-requests.js'
import { compileEncoders } from '../../../src/formats/encoders.js'
import { encodeWithCache } from '../../../src/http/encoded-body.js'
import { getServiceRequest } from '../../../src/operations/get-service-request.js'
import { getServiceRequests } from '../../../src/operations/get-service-requests.js'
import type { Jurisdiction } from '../../../src/standard/catalog.js'
import { FORMATS } from '../../../src/standard/terms.js'
import { loadCatalog } from '../../../src/store/catalog/load-catalog.js'
import { writeCities } from '../../../src/store/catalog/write-city.js'
import { readRows, resetRowCache } from '../../../src/store/list/row-cache.js'
import { importServiceRequests } from '../../../src/store/service-requests/import.js'
import { databases, type TestDatabase } from '../../harness/databases.js'
import * as town from '../../harness/squareton.js'
import { withStore } from '../../media/no-media.js'
import { createRequest } from '../../operations/city.js'
import { createImport } from '../service-requests/create-import.js'

const AT = town.PRODUCTION
const encoders = compileEncoders(serviceRequests)
const write = { json: encodeWithCache(encoders.json), xml: encodeWithCache(encoders.xml) }

const change = fc.oneof(
  fc.record({ what: fc.constant('status_notes' as const), of: fc.nat(5), to: fc.string() }),
  fc.record({
    what: fc.constant('visibility' as const),
    of: fc.nat(5),
    to: fc.constantFrom('public', 'private', 'moderated'),
  }),
  fc.record({
    what: fc.constant('description' as const),
    of: fc.nat(5),
    to: fc.string({ unit: 'grapheme' }),
  }),
)

describe.each(databases)('$kind', ({ open }) => {
  let database: TestDatabase
  let city: Jurisdiction

  beforeAll(async () => {
    database = await open()
    await writeCities(database.store, [await town.readTown()], '2026-06-01T12:00:00Z')
    city = (await loadCatalog(database.store)).jurisdictions.get(town.SQUARETON)!
    const rows = [0, 1, 2, 3, 4, 5].map((number) =>
      createImport({
        service_request_id: `K-${number}`,
        ...town.WEST,
        lat: 52 + number / 10,
        requested_datetime: `2026-05-0${1 + number}T00:00:00Z`,
        updated_datetime: `2026-05-0${1 + number}T00:00:00Z`,
      }),
    )
    await importServiceRequests(database.store, AT, rows)
  })
  afterAll(() => database?.close())

  test.each([3, 1000])(
    'GR-LIST-08 lists are byte-identical with a cache of %i rows and without a cache',
    async (limit) => {
      const queries: Record<string, string>[] = [
        { start_date: '2026-05-01' },
        { page_size: '2', page: '2', start_date: '2026-05-01' },
        { lat: '52', long: '10.5', radius: '100000', start_date: '2026-05-01' },
        { lat: '52', long: '10.5', radius: '100000', sort: 'distance', start_date: '2026-05-01' },
        { bbox: '10,50,12,54', service_code: 'POTHOLE', start_date: '2026-05-01' },
        { updated_after: '2026-05-03', sort: 'updated_datetime' },
        { service_request_id: 'K-4,K-1,K-9,K-5' },
      ]
      const readAll = async () => {
        const bodies: string[] = []
        for (const args of queries) {
          const plan = getServiceRequests.plan(createRequest(args, city))
          const { value } = await getServiceRequests.query(plan, withStore(database.store))
          bodies.push(...FORMATS.map((each) => Buffer.from(write[each](value as Table).bytes).toString()))
        }
        for (const id of ['K-0', 'K-1', 'K-5', 'K-9']) {
          const plan = getServiceRequest.plan({ ...createRequest({}, city), id })
          const result = await Promise.resolve(
            getServiceRequest.query(plan, withStore(database.store)),
          ).catch((refusal: Error) => refusal)
          if (result instanceof Error) bodies.push(result.message)
          else
            bodies.push(
              ...FORMATS.map((each) => Buffer.from(write[each](result.value as Table).bytes).toString()),
            )
        }
        return bodies
      }
      resetRowCache(database.store, limit)
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
          for (const { what, of, to } of changes)
            await sql`update service_request set ${sql.ref(what)} = ${to.replaceAll('\0', '')} where service_request_id = ${`K-${of}`}`.execute(
              database.store,
            )
          const cached = await readAll()
          resetRowCache(database.store, 0)
          expect(cached).toEqual(await readAll())
          resetRowCache(database.store, limit)
          await readAll()
        }),
        { numRuns: 15 },
      )
    },
  )

  test('A-58 an unchanged list is encoded once, and lists are cached up to the limit', async () => {
    const list = async (page: number) => {
      const args = { start_date: '2026-05-01', page_size: '2', page: String(page) }
      const plan = getServiceRequests.plan(createRequest(args, city))
      return write.json((await getServiceRequests.query(plan, withStore(database.store))).value as Table)
    }
    await sql`update service_request set visibility = 'public'`.execute(database.store)
    resetRowCache(database.store, 6)
    const [first, second] = [await list(1), await list(2)]
    expect(await list(1)).toBe(first)
    await list(3)
    // The least recently used list is evicted.
    expect(await list(2)).not.toBe(second)
    const third = await list(3)
    await sql`update service_request set status_notes = 'mended' where service_request_id = 'K-0'`.execute(
      database.store,
    )
    const changed = await list(3)
    expect(changed).not.toBe(third)
    expect(Buffer.from(changed.bytes).toString()).toContain('mended')
  })

  test('a cache holds fewer rows if they are long', async () => {
    const list = async () => {
      const plan = getServiceRequests.plan(createRequest({ start_date: '2026-05-01' }, city))
      return (await getServiceRequests.query(plan, withStore(database.store))).value
    }
    await sql`update service_request set visibility = 'public', description = 'short'`.execute(database.store)
    resetRowCache(database.store, 20)
    expect(await list()).toBe(await list())
    await sql`update service_request set description = ${'long'.repeat(1000)}`.execute(database.store)
    expect(await list()).not.toBe(await list())
  })

  test('GR-LIST-08 rows that changed after their versions were read are not returned, so that a list is consistent', async () => {
    resetRowCache(database.store, 10)
    const { id, version } = await database.store
      .selectFrom('service_request')
      .where('service_request_id', '=', 'K-5')
      .select(['id', 'version'])
      .executeTakeFirstOrThrow()
    await sql`update service_request set visibility = 'public', status = 'closed' where id = ${id}`.execute(
      database.store,
    )
    expect(await readRows(database.store, [[id, version]])).toBeNull()
    expect((await readRows(database.store, [[id, version + 1]]))?.rows).toHaveLength(1)
    await sql`update service_request set visibility = 'private' where id = ${id}`.execute(database.store)
    expect(await readRows(database.store, [[id, version + 2]])).toBeNull()
  })
})
