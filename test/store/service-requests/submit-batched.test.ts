import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Service } from '../../../src/standard/catalog.js'
import { REPORTER_FIELDS, type Reporter } from '../../../src/standard/terms.js'
import { createKey } from '../../../src/store/catalog/api-keys.js'
import { loadCatalog } from '../../../src/store/catalog/load-catalog.js'
import { writeCities } from '../../../src/store/catalog/write-city.js'
import type { SubmitPlan } from '../../../src/store/service-requests/submission.js'
import { submit } from '../../../src/store/service-requests/submit.js'
import { databases, type TestDatabase } from '../../harness/databases.js'
import * as town from '../../harness/squareton.js'

// A submission that comes alone is stored by another statement than those that come at the same time.

/** What may mean something in a list, a document or a statement. */
const TELLING = [
  '',
  'NULL',
  'null',
  '{}',
  '{a,"b"}',
  '","',
  '\\',
  '\\u0041',
  "'; --",
  '$1',
  '\n',
  '\u2028',
  '𝒳',
]
/** What no client can have said, for the door takes it out. */
const ILLEGAL = ['\0', '\ud800', '\udc00x']

const text = fc.oneof(
  fc.string({ unit: 'binary' }).map((any) => any.replaceAll('\0', '')),
  fc.constantFrom(...TELLING),
  fc.constant('"é\\'.repeat(5000)),
)
/** In plain and exponent notation; nothing that the database rounds to nothing when it divides. */
const degrees = (most: number) =>
  fc.oneof(
    fc.double({ min: -most, max: most, noNaN: true }).filter((each) => Math.abs(each) > 1e-200),
    fc.constantFrom(0, -0, 1e-7, -1e-7, 0.1 + 0.2, most, -most),
  )
const datetime = fc
  .integer({ min: -(2 ** 31), max: 2 ** 33 })
  .map((seconds) => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`)
const orNot = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null })

const reporterOf = (value: fc.Arbitrary<string | null>) =>
  fc.record(Object.fromEntries(REPORTER_FIELDS.map((name) => [name, value]))) as fc.Arbitrary<Reporter>

/** What differs between those that are stored together. */
const submissionOf = (text: fc.Arbitrary<string>) =>
  fc
    .record({
      service_notice: orNot(text),
      place: orNot(fc.tuple(degrees(90), degrees(180))),
      requested_datetime: datetime,
      expected_datetime: orNot(datetime),
      address: orNot(text),
      address_id: orNot(text),
      description: orNot(text),
      media_urls: fc.array(text, { maxLength: 3 }),
      answers: fc.dictionary(text, fc.array(text, { maxLength: 3 }), { maxKeys: 3 }),
      reporter: fc.oneof(reporterOf(fc.constant(null)), reporterOf(orNot(text))),
      handles: fc.constantFrom(
        ...[[], ['external_id'], ['fixmystreet_id', 'external_id']].map((types) => types as HandleType[]),
      ),
      handle: text,
      fingerprint: fc.uint8Array({ maxLength: 32 }).map(Buffer.from),
    })
    .map(({ place, ...fields }) => ({ ...fields, lat: place?.[0] ?? null, long: place?.[1] ?? null }))

type HandleType = SubmitPlan['handles'][number]['handle_type']
type Said = ReturnType<typeof submissionOf> extends fc.Arbitrary<infer One> ? One : never

const service = fc.record({
  service_code: fc.constantFrom('POTHOLE', 'HOME'),
  type: fc.constantFrom('realtime' as const, 'batch' as const, 'blackbox' as const),
  visibility: fc.constantFrom('public' as const, 'private' as const),
})

/** Of what belongs to a service request, what is another each time. */
const NEVER_THE_SAME = [
  'id',
  'service_request',
  'service_request_id',
  'token',
  'event_id',
  'update_id',
  'xmin',
]

const inCommon = (row: object) =>
  JSON.stringify(Object.entries(row).filter(([name]) => !NEVER_THE_SAME.includes(name)))

describe.each(databases)('$kind', ({ open }) => {
  let database: TestDatabase
  let services: ReadonlyMap<string, Service>
  let count = 0

  beforeAll(async () => {
    database = await open()
    const now = '2026-06-01T12:00:00Z'
    const home = { service_code: 'HOME', service_name: 'Home', blur_metres: 500 }
    await writeCities(database.store, [await town.readTown({ services: [...town.SERVICES, home] })], now)
    await createKey(database.store, { name: 'a', jurisdiction_id: null, scopes: ['report'], now })
    services = (await loadCatalog(database.store)).jurisdictions.get(town.SQUARETON)!.services
  })
  afterAll(() => database?.close())

  /** With a mark, by which it is found again. */
  function planOf(
    { service_notice, handle, handles, answers, ...said }: Said,
    how: Pick<Service, 'service_code' | 'type' | 'visibility'>,
  ): [mark: string, SubmitPlan] {
    const mark = `mark ${count++}`
    const plan: SubmitPlan = {
      ...town.PRODUCTION,
      ...said,
      service: { ...services.get(how.service_code)!, ...how, service_notice },
      answers: { ...answers, MARK: [mark] },
      handles: handles.map((handle_type) => ({ handle_type, handle: `${mark} ${handle}` })),
      key_id: 1,
    }
    return [mark, plan]
  }

  /** All columns of all rows that were stored for a submission, and the transaction that stored them. */
  async function storedFor(mark: string) {
    const { rows } = await sql<{ id: number; xmin: string }>`
      select *, xmin::text from service_request where answers -> 'MARK' ->> 0 = ${mark}`.execute(
      database.store,
    )
    const besides = ['reporter', 'token', 'submission', 'event'].map((table) =>
      sql<object>`select * from ${sql.table(table)} where service_request = any(${rows.map(({ id }) => id)})`.execute(
        database.store,
      ),
    )
    const all = [rows, ...(await Promise.all(besides)).map((each) => each.rows)]
    const same = all.map((each) => each.map((row) => inCommon(row).replaceAll(mark, 'mark')).sort())
    return { same, by: rows[0]?.xmin }
  }

  /** The first two go alone, and the two that are the same wait, and go together. */
  async function twice(first: Said, second: Said, how: Parameters<typeof planOf>[1]) {
    const plans = [first, second, first, second].map((said) => planOf(said, how))
    const outcomes = await Promise.allSettled(plans.map(([, plan]) => submit(database.store, plan)))
    const stored = []
    for (const [mark] of plans) stored.push(await storedFor(mark))
    return { outcomes: outcomes.map(({ status }) => status), stored }
  }

  test('a submission is stored the same way alone and in a batch', async () => {
    const said = submissionOf(text)
    await fc.assert(
      fc.asyncProperty(said, said, service, async (first, second, how) => {
        const { outcomes, stored } = await twice(first, second, how)
        expect(outcomes).toEqual(Array(4).fill('fulfilled'))
        expect(stored[2]!.same).toEqual(stored[0]!.same)
        expect(stored[3]!.same).toEqual(stored[1]!.same)
        expect(new Set(stored.map(({ by }) => by)).size).toBe(3)
        expect(stored[3]!.by).toBe(stored[2]!.by)
      }),
      { numRuns: 40 },
    )
  })

  test('a submission that cannot be stored alone fails in a batch too, and the rest of the batch is stored', async () => {
    const said = submissionOf(text)
    const illegal = submissionOf(fc.oneof({ weight: 4, arbitrary: text }, fc.constantFrom(...ILLEGAL)))
    await fc.assert(
      fc.asyncProperty(said, illegal, service, async (first, second, how) => {
        const { outcomes, stored } = await twice(first, second, how)
        expect(outcomes.slice(2)).toEqual(outcomes.slice(0, 2))
        expect(outcomes[0]).toBe('fulfilled')
        expect(stored[2]!.same).toEqual(stored[0]!.same)
        expect(stored[3]!.same).toEqual(stored[1]!.same)
      }),
      { numRuns: 40 },
    )
  })
})
