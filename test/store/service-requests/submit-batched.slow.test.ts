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

// Submissions that arrive while others are stored wait, and are stored in one batch.

/** Texts with a special meaning in arrays, JSON or SQL. */
const SPECIAL = [
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
/** Texts that no client can send, because the parsing of requests removes them. */
const ILLEGAL = ['\0', '\ud800', '\udc00x']

const text = fc.oneof(
  fc.string({ unit: 'binary' }).map((any) => any.replaceAll('\0', '')),
  fc.constantFrom(...SPECIAL),
  fc.constant('"é\\'.repeat(5000)),
)
/** Degrees in plain and exponent notation, without values that underflow to zero in the database. */
const degrees = (limit: number) =>
  fc.oneof(
    fc.double({ min: -limit, max: limit, noNaN: true }).filter((each) => Math.abs(each) > 1e-200),
    fc.constantFrom(0, -0, 1e-7, -1e-7, 0.1 + 0.2, limit, -limit),
  )
const datetime = fc
  .integer({ min: -(2 ** 31), max: 2 ** 33 })
  .map((seconds) => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`)
const orNull = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null })

const reporterOf = (value: fc.Arbitrary<string | null>) =>
  fc.record(Object.fromEntries(REPORTER_FIELDS.map((name) => [name, value]))) as fc.Arbitrary<Reporter>

/** Fields that can differ between the submissions of a batch. */
const submissionOf = (text: fc.Arbitrary<string>) =>
  fc
    .record({
      service_notice: orNull(text),
      place: orNull(fc.tuple(degrees(90), degrees(180))),
      requested_datetime: datetime,
      expected_datetime: orNull(datetime),
      address: orNull(text),
      address_id: orNull(text),
      description: orNull(text),
      media_urls: fc.array(text, { maxLength: 3 }),
      answers: fc.dictionary(text, fc.array(text, { maxLength: 3 }), { maxKeys: 3 }),
      reporter: fc.oneof(reporterOf(fc.constant(null)), reporterOf(orNull(text))),
      handles: fc.constantFrom(
        ...[[], ['external_id'], ['fixmystreet_id', 'external_id']].map((types) => types as HandleType[]),
      ),
      handle: text,
      fingerprint: fc.uint8Array({ maxLength: 32 }).map(Buffer.from),
    })
    .map(({ place, ...fields }) => ({ ...fields, lat: place?.[0] ?? null, long: place?.[1] ?? null }))

type HandleType = SubmitPlan['handles'][number]['handle_type']
type Submission = ReturnType<typeof submissionOf> extends fc.Arbitrary<infer One> ? One : never

const service = fc.record({
  service_code: fc.constantFrom('POTHOLE', 'HOME'),
  type: fc.constantFrom('realtime' as const, 'batch' as const, 'blackbox' as const),
  visibility: fc.constantFrom('public' as const, 'private' as const),
})

/** Columns that differ between any two service requests. */
const UNIQUE_COLUMNS = [
  'id',
  'service_request',
  'service_request_id',
  'token',
  'event_id',
  'update_id',
  'xmin',
]

const serializeCommon = (row: object) =>
  JSON.stringify(Object.entries(row).filter(([name]) => !UNIQUE_COLUMNS.includes(name)))

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

  /** A plan with a mark in its answers, by which its rows are found. */
  function createPlan(
    { service_notice, handle, handles, answers, ...fields }: Submission,
    serviceFields: Pick<Service, 'service_code' | 'type' | 'visibility'>,
  ): [mark: string, SubmitPlan] {
    const mark = `mark ${count++}`
    const plan: SubmitPlan = {
      ...town.PRODUCTION,
      ...fields,
      service: { ...services.get(serviceFields.service_code)!, ...serviceFields, service_notice },
      answers: { ...answers, MARK: [mark] },
      handles: handles.map((handle_type) => ({ handle_type, handle: `${mark} ${handle}` })),
      key_id: 1,
    }
    return [mark, plan]
  }

  /** The common columns of all rows of a submission, and the id of the transaction that stored them. */
  async function readStored(mark: string) {
    const { rows } = await sql<{ id: number; xmin: string }>`
      select *, xmin::text from service_request where answers -> 'MARK' ->> 0 = ${mark}`.execute(
      database.store,
    )
    const otherTables = ['reporter', 'token', 'submission', 'event'].map((table) =>
      sql<object>`select * from ${sql.table(table)} where service_request = any(${rows.map(({ id }) => id)})`.execute(
        database.store,
      ),
    )
    const all = [rows, ...(await Promise.all(otherTables)).map((each) => each.rows)]
    const rowsByTable = all.map((each) =>
      each.map((row) => serializeCommon(row).replaceAll(mark, 'mark')).sort(),
    )
    return { common: rowsByTable, transaction: rows[0]?.xmin }
  }

  /** Submits both twice: the first two are stored alone, the second two wait and are stored in a batch. */
  async function submitTwice(
    first: Submission,
    second: Submission,
    serviceFields: Parameters<typeof createPlan>[1],
  ) {
    const plans = [first, second, first, second].map((submission) => createPlan(submission, serviceFields))
    const outcomes = await Promise.allSettled(plans.map(([, plan]) => submit(database.store, plan)))
    const stored = []
    for (const [mark] of plans) stored.push(await readStored(mark))
    return { outcomes: outcomes.map(({ status }) => status), stored }
  }

  test('a submission is stored the same way alone and in a batch', async () => {
    const submission = submissionOf(text)
    await fc.assert(
      fc.asyncProperty(submission, submission, service, async (first, second, serviceFields) => {
        const { outcomes, stored } = await submitTwice(first, second, serviceFields)
        expect(outcomes).toEqual(Array(4).fill('fulfilled'))
        expect(stored[2]!.common).toEqual(stored[0]!.common)
        expect(stored[3]!.common).toEqual(stored[1]!.common)
        expect(new Set(stored.map(({ transaction }) => transaction)).size).toBe(3)
        expect(stored[3]!.transaction).toBe(stored[2]!.transaction)
      }),
      { numRuns: 40 },
    )
  })

  test('a submission that cannot be stored alone fails in a batch too, and the rest of the batch is stored', async () => {
    const submission = submissionOf(text)
    const illegal = submissionOf(fc.oneof({ weight: 4, arbitrary: text }, fc.constantFrom(...ILLEGAL)))
    await fc.assert(
      fc.asyncProperty(submission, illegal, service, async (first, second, serviceFields) => {
        const { outcomes, stored } = await submitTwice(first, second, serviceFields)
        expect(outcomes.slice(2)).toEqual(outcomes.slice(0, 2))
        expect(outcomes[0]).toBe('fulfilled')
        expect(stored[2]!.common).toEqual(stored[0]!.common)
        expect(stored[3]!.common).toEqual(stored[1]!.common)
      }),
      { numRuns: 40 },
    )
  })
})
