import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isTable, type Table, toRows } from '../../../src/documents/document.js'
import { getServiceRequest } from '../../../src/operations/get-service-request.js'
import { getServiceRequests } from '../../../src/operations/get-service-requests.js'
import type { Jurisdiction } from '../../../src/standard/catalog.js'
import { loadCatalog } from '../../../src/store/catalog/load-catalog.js'
import { writeCities } from '../../../src/store/catalog/write-city.js'
import { coalesce } from '../../../src/store/database/coalesce.js'
import { createStore, queryBuilder, type Store } from '../../../src/store/database/database.js'
import { PreparedStatement, param } from '../../../src/store/database/prepared-statement.js'
import { findCachedServiceRequests, resetRowCache } from '../../../src/store/list/row-cache.js'
import { importServiceRequests } from '../../../src/store/service-requests/import.js'
import { databases, type TestDatabase } from '../../harness/databases.js'
import * as town from '../../harness/squareton.js'
import { withStore } from '../../media/no-media.js'
import { createRequest } from '../../operations/city.js'
import { createImport } from '../service-requests/create-import.js'

/** A store whose queries end on request. */
function createControlledStore() {
  const queries: { parameters: readonly unknown[]; end: (rows: unknown[] | Error) => void }[] = []
  const store = createStore(async () => ({
    query: (_, parameters = []) =>
      new Promise((done, fail) => {
        queries.push({
          parameters,
          end: (rows) => (rows instanceof Error ? fail(rows) : done({ rows, count: rows.length })),
        })
      }),
    script: async () => {},
    release: () => {},
  }))
  return { queries, store }
}

const settle = () => new Promise((done) => setImmediate(done))
const first = param((values: readonly unknown[]) => values[0])
const shared = new PreparedStatement<readonly unknown[]>(
  queryBuilder
    .selectFrom('service_request')
    .select('id')
    .where('service_code', '=', first as string),
  { isCoalesced: true },
)

test('identical reads that wait share the next query, which starts after they were requested', async () => {
  const { queries, store } = createControlledStore()
  const results = ['A', 'A', 'A', 'B', 'A'].map((code) => shared.run(store, [code]))
  await settle()
  expect(queries.map(({ parameters }) => parameters)).toEqual([['A'], ['A'], ['B']])
  queries[0]!.end(['first'])
  await settle()
  expect(queries.map(({ parameters }) => parameters)).toEqual([['A'], ['A'], ['B'], ['A']])
  const late = shared.run(store, ['A'])
  for (const [index, { end }] of queries.entries()) end([index])
  await settle()
  queries[4]!.end(['late'])
  expect(await Promise.all(results)).toEqual([['first'], [1], [3], [2], [3]])
  expect(await late).toEqual(['late'])
})

test('an error rejects all reads that share the query, and no others', async () => {
  const { queries, store } = createControlledStore()
  const results = ['A', 'A', 'A', 'A'].map((code) =>
    shared.run(store, [code]).catch((error) => error.message),
  )
  await settle()
  queries[0]!.end(['first'])
  await settle()
  queries[2]!.end(new Error('too long'))
  queries[1]!.end(['second'])
  expect(await Promise.all(results)).toEqual([['first'], ['second'], 'too long', 'too long'])
  const again = shared.run(store, ['A'])
  await settle()
  queries[3]!.end(['again'])
  expect(await again).toEqual(['again'])
})

test('the key of each of ten thousand waiting reads is computed once, and all share one run', async () => {
  const runs: { reads: readonly string[]; end: () => void }[] = []
  const keyed: string[] = []
  const read = coalesce(
    (_: object, reads: readonly string[]) =>
      new Promise<string[]>((done) => {
        runs.push({ reads, end: () => done(reads.map((each) => `${each}!`)) })
      }),
    (each) => {
      keyed.push(each)
      return each
    },
  )
  const store = {}
  const results = Array.from({ length: 10_000 }, () => read(store, 'same'))
  expect(keyed).toHaveLength(10_000)
  expect(runs.map(({ reads }) => reads.length)).toEqual([1, 1])
  runs[0]!.end()
  await settle()
  expect(runs.map(({ reads }) => reads.length)).toEqual([1, 1, 9_998])
  for (const { end } of runs) end()
  expect(new Set(await Promise.all(results))).toEqual(new Set(['same!']))
})

test('reads with different parameters are separate: texts with commas, numbers and texts, null and the text null', async () => {
  const { queries, store } = createControlledStore()
  const values = [['a,b'], [['a', 'b']], [1], ['1'], [null], ['null']]
  for (const each of values) void shared.run(store, [each])
  await settle()
  expect(queries.map(({ parameters }) => parameters[0])).toEqual(values)
})

test('simultaneous reads of single service requests share one query', async () => {
  const { queries, store } = createControlledStore()
  resetRowCache(store, 10)
  const plan = (id: string, endpoint = 'production') =>
    ({ jurisdiction_id: 'x', endpoint, service_request_ids: [id] }) as Parameters<
      typeof findCachedServiceRequests
    >[1]
  const results = ['A', 'B', 'C', 'D', 'C', 'nobody knows'].map((id) =>
    findCachedServiceRequests(store, plan(id)),
  )
  void findCachedServiceRequests(store, plan('A', 'test'))
  await settle()
  expect(queries.map(({ parameters }) => parameters.at(-1))).toEqual(['A', 'B', 'A'])
  for (const { end } of queries.splice(0)) end([])
  await settle()
  expect(queries.map(({ parameters }) => parameters.at(-1))).toEqual([['C', 'D', 'nobody knows']])
  queries[0]!.end([
    [4, 1, 'D'],
    [3, 1, 'C'],
  ])
  await settle()
  for (const { parameters, end } of queries.splice(1)) end((parameters[0] as number[]).map((id) => [id, 1]))
  const ids = (await Promise.all(results)).map((table) => table!.rows.map(([id]) => id))
  expect(ids).toEqual([[], [], [3], [4], [3], []])
})

describe.each(databases)('$kind', ({ open }) => {
  const CLIENTS = 24
  const ROUNDS = 8
  let database: TestDatabase
  let city: Jurisdiction

  beforeAll(async () => {
    database = await open()
    await writeCities(database.store, [await town.readTown()], '2026-06-01T12:00:00Z')
    city = (await loadCatalog(database.store)).jurisdictions.get(town.SQUARETON)!
    const rows = Array.from({ length: CLIENTS }, (_, number) =>
      createImport({
        service_request_id: `T-${number}`,
        ...town.WEST,
        requested_datetime: '2026-05-01T00:00:00Z',
        updated_datetime: '2026-05-01T00:00:00Z',
      }),
    )
    await importServiceRequests(database.store, town.PRODUCTION, rows)
  })
  afterAll(() => database?.close())

  const readValueRows = (value: unknown) =>
    (isTable(value as Table) ? toRows(value as Table) : value) as Record<string, unknown>[]

  async function readNotes(
    store: Store,
    args: Record<string, string>,
    id?: string,
  ): Promise<Map<unknown, unknown>> {
    const operation = id ? getServiceRequest : getServiceRequests
    const plan = operation.plan({ ...createRequest(args, city), ...(id ? { id } : {}) })
    const { value } = await operation.query(plan, withStore(store))
    return new Map(readValueRows(value).map((row) => [row.service_request_id, row.status_notes]))
  }

  test('a client reads its own writes, however many clients read at the same time', async () => {
    resetRowCache(database.store, 1000)
    const client = async (number: number) => {
      const id = `T-${number}`
      for (let round = 1; round <= ROUNDS; round++) {
        const note = `round ${round}`
        await sql`update service_request set status_notes = ${note} where service_request_id = ${id}`.execute(
          database.store,
        )
        const [one, all, some] = await Promise.all([
          readNotes(database.store, {}, id),
          readNotes(database.store, { start_date: '2026-05-01' }),
          readNotes(database.store, { service_request_id: `${id},T-0` }),
        ])
        for (const notes of [one, all, some]) expect(notes.get(id)).toBe(note)
        expect(all.size).toBe(CLIENTS)
      }
    }
    await Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)))
  })
})
