import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Jurisdiction } from '../../src/standard/catalog.js'
import { meaningOf } from '../../src/standard/events.js'
import { readCatalog } from '../../src/store/catalog.js'
import { numberEvents } from '../../src/store/events.js'
import { importServiceRequests } from '../../src/store/import.js'
import { createKey } from '../../src/store/keys.js'
import { loadCities } from '../../src/store/load.js'
import { postUpdate } from '../../src/store/post-update.js'
import { resolveToken } from '../../src/store/tokens.js'
import { databases, type TestDatabase } from '../databases.js'
import * as town from '../town.js'
import { type Columns, changed, type Told } from './changed.js'
import { imported } from './imported.js'
import { filed } from './submitting.js'

const NOW = '2026-06-01T12:00:00Z'
const LATER = '2026-06-02T12:00:00Z'
const AT = town.PRODUCTION

const SERVICES = [
  ...town.SERVICES,
  { service_code: 'BATCH', service_name: 'Batch', type: 'batch' },
  { service_code: 'HOME', service_name: 'Home', blur_metres: 500 },
]

describe.each(databases)('$kind', ({ kind, open }) => {
  let database: TestDatabase
  let city: Jurisdiction
  const store = () => database.store
  const load = async (services: readonly Record<string, unknown>[], now = NOW) => {
    await loadCities(store(), [await town.readTown({ services })], now)
    city = (await readCatalog(store())).jurisdictions.get(town.SQUARETON)!
  }
  const file = (code: string, fields = {}) =>
    filed(store(), { ...AT, service: city.services.get(code)!, ...fields })
  const eventsOf = async (service_request_id: string) =>
    store()
      .selectFrom('event as e')
      .innerJoin('service_request as r', 'r.id', 'e.service_request')
      .where('r.service_request_id', '=', service_request_id)
      .select([
        'e.kind',
        'e.tells',
        'e.datetime',
        'e.key_id',
        'e.status',
        'e.detailed_status',
        'e.description',
        'e.changes',
      ])
      .orderBy('e.event_id')
      .execute()
  const change = (service_request_id: string, set: Columns, told: Partial<Told> = {}) =>
    changed(store(), { ...AT, service_request_id }, set, { now: LATER, ...told })
  const numberAll = async () => {
    while ((await numberEvents(store())) > 0);
  }

  beforeAll(async () => {
    database = await open()
    await load(SERVICES)
    await createKey(store(), { name: 'a', jurisdiction_id: null, scopes: ['report'], now: NOW })
  })
  afterAll(() => database?.close())

  test('EXT-28 what is filed is an event, with the key it was filed with', async () => {
    const id = await file('POTHOLE', { ...town.WEST, description: 'deep' })
    expect(await eventsOf(id)).toEqual([
      {
        kind: 'created',
        tells: 'create',
        datetime: NOW,
        key_id: 1,
        status: 'open',
        detailed_status: null,
        description: null,
        changes: {},
      },
    ])
  })

  test('EXT-28 every change is one event, whoever writes it; what people wrote is not in it', async () => {
    const id = await file('POTHOLE', { ...town.WEST, description: 'deep' })
    await change(id, { status: 'closed', detailed_status: 'fixed', status_notes: 'Filled.' }, { key_id: 1 })
    await change(id, {}, { kind: 'noted', description: 'Thanks!' })
    await change(id, {})
    await change(id, { status: 'open' })
    await sql`update service_request set agency_responsible = 'Bridges', description = 'secret' where service_request_id = ${id}`.execute(
      store(),
    )
    const events = await eventsOf(id)
    expect(events.slice(1)).toMatchObject([
      {
        kind: 'closed',
        tells: 'change',
        datetime: LATER,
        key_id: 1,
        status: 'closed',
        detailed_status: 'fixed',
        description: 'Filled.',
        changes: {
          status: 'closed',
          detailed_status: 'fixed',
          status_notes: true,
          closed_datetime: expect.stringContaining('2026-06-02'),
        },
      },
      { kind: 'noted', description: 'Thanks!', changes: {} },
      { kind: 'reopened', status: 'open', changes: { status: 'open', closed_datetime: null } },
      { kind: 'assigned', changes: { agency_responsible: 'Bridges', description: true } },
    ])
    expect(JSON.stringify(events)).not.toContain('secret')
  })

  test('EXT-28 an event that changes nothing and says nothing is none; what is said has an update_id, and a version', async () => {
    const id = await file('POTHOLE')
    const versionOf = async () =>
      store()
        .selectFrom('service_request')
        .where('service_request_id', '=', id)
        .select('version')
        .executeTakeFirstOrThrow()
    await change(id, {})
    expect(await eventsOf(id)).toHaveLength(1)
    const { version } = await versionOf()
    const noted = await change(id, {}, { kind: 'noted', description: 'x' })
    expect(await eventsOf(id)).toHaveLength(2)
    expect(noted.update_id).toMatch(/^[0-9a-f-]{36}$/)
    expect((await versionOf()).version).toBeGreaterThan(version)
  })

  test('EXT-28 imports, tokens and catalogs that hide a service make events too', async () => {
    await importServiceRequests(store(), AT, [imported({ service_request_id: 'I-1' })])
    await importServiceRequests(store(), AT, [imported({ service_request_id: 'I-1' })])
    await importServiceRequests(store(), AT, [
      imported({ service_request_id: 'I-1', status: 'closed', updated_datetime: LATER }),
    ])
    expect(await eventsOf('I-1')).toMatchObject([
      { kind: 'created', tells: 'create' },
      { kind: 'closed', tells: 'change', datetime: LATER },
    ])

    await file('BATCH')
    const { token } = await store().selectFrom('token').select('token').executeTakeFirstOrThrow()
    const resolved = await resolveToken(store(), { token, now: LATER })
    expect(await eventsOf(resolved!)).toMatchObject([
      { kind: 'created', tells: null },
      { kind: 'resolved', tells: 'create' },
    ])

    const noise = await file('NOISE')
    await load(
      SERVICES.map((each) => (each.service_code === 'NOISE' ? { ...each, visibility: 'private' } : each)),
    )
    expect(await eventsOf(noise)).toMatchObject([{ kind: 'created' }, { kind: 'hidden', tells: 'tombstone' }])
    await change(noise, { visibility: 'public' })
    expect((await eventsOf(noise)).at(-1)).toMatchObject({ kind: 'published', tells: 'create' })
  })

  test('EXT-28 numbers have no gap, neither for those who see all nor for those who see what is public', async () => {
    await file('TIP')
    await file('POTHOLE')
    await file('TIP')
    await numberAll()
    const numbered = await store()
      .selectFrom('event')
      .select(['position', 'seq', 'tells'])
      .orderBy('position')
      .execute()
    expect(numbered.map((each) => each.position)).toEqual(numbered.map((_, index) => index + 1))
    const told = numbered.filter((each) => each.tells)
    expect(told.map((each) => each.seq)).toEqual(told.map((_, index) => index + 1))
    expect(numbered.length).toBeGreaterThan(told.length)
  })

  // An embedded database has one session: nothing happens at once.
  test.skipIf(kind === 'embedded')(
    'EXT-28 a number is given only after the end of its transaction, and never below one that was seen',
    async () => {
      const seen: number[] = []
      let isWriting = true
      const read = (async () => {
        let after = Number(
          (await store().selectFrom('event').select(sql<number>`max(position)`.as('m')).executeTakeFirst())!
            .m,
        )
        const first = after
        for (let rounds = 0; isWriting || rounds < 2; rounds += isWriting ? 0 : 1) {
          await numberEvents(store())
          const rows = await store()
            .selectFrom('event')
            .where('position', '>', after)
            .select('position')
            .orderBy('position')
            .execute()
          seen.push(...rows.map((each) => each.position!))
          after = rows.at(-1)?.position ?? after
        }
        return first
      })()
      const ids: string[] = []
      await Promise.all(
        [1, 2, 3].map(async (writer) => {
          for (let index = 0; index < 25; index++) {
            await store()
              .transaction()
              .execute(async (transaction) => {
                ids.push(await filed(transaction, { ...AT, service: city.services.get('CRACK')! }))
                // The first to begin is the last to end.
                await new Promise((done) => setTimeout(done, (4 - writer) * 3))
              })
          }
        }),
      )
      isWriting = false
      const first = await read
      expect(seen).toEqual(Array.from({ length: 75 }, (_, index) => first + index + 1))
    },
  )

  test('EXT-29 a blurred place is the middle of a cell in every column that the public sees, also when it is changed', async () => {
    const place = { lat: 52.123456, long: 10.654321 }
    const id = await file('HOME', { ...place, address: '5 Elm St' })
    const row = async (of: string) =>
      (
        await sql<{ lat: number; long: number; address: string | null; exact: Record<string, unknown> }>`
          select st_y(geom) as lat, st_x(geom) as long, address, exact from service_request where service_request_id = ${of}`.execute(
          store(),
        )
      ).rows[0]!
    const blurred = await row(id)
    expect(blurred.address).toBeNull()
    expect(blurred.exact).toEqual({ ...place, address: '5 Elm St', metres: 500 })
    expect(Math.abs(blurred.lat - place.lat) * 111_320).toBeLessThan(260)
    expect(blurred.lat).not.toBeCloseTo(place.lat, 5)
    // Neighbours in a cell cannot be told apart.
    const neighbour = await row(await file('HOME', { lat: blurred.lat + 0.001, long: blurred.long - 0.001 }))
    expect([neighbour.lat, neighbour.long]).toEqual([blurred.lat, blurred.long])

    await change(id, { address: '7 Elm St' })
    expect(await row(id)).toEqual({ ...blurred, exact: { ...place, address: '7 Elm St', metres: 500 } })
    await change(id, { exact: null })
    expect(await row(id)).toMatchObject({ lat: blurred.lat, address: null, exact: null })
  })

  test('EXT-29 A-44 blurring a service blurs what was filed before, as a change that everyone is told of; blurring it no more publishes nothing', async () => {
    const id = await file('CRACK', { lat: 52.123456, long: 10.654321, address: '5 Elm St' })
    const shown = async () =>
      (
        await sql<{ lat: number; address: string | null; updated_datetime: string }>`
          select st_y(geom) as lat, address, updated_datetime from service_request where service_request_id = ${id}`.execute(
          store(),
        )
      ).rows[0]!
    const loadCracks = (fields: object, now: string) =>
      load(
        SERVICES.map((each) => (each.service_code === 'CRACK' ? { ...each, ...fields } : each)),
        now,
      )
    await loadCracks({ blur_metres: 400 }, LATER)
    expect(await shown()).toMatchObject({ address: null, updated_datetime: LATER })
    const tightened = '2026-06-03T12:00:00Z'
    await loadCracks({ blur_metres: 1000 }, tightened)
    const blurred = await shown()
    expect(blurred.updated_datetime).toBe(tightened)
    const told = { kind: 'changed', tells: 'change', changes: { place: true } }
    expect((await eventsOf(id)).slice(1)).toMatchObject([
      { ...told, datetime: LATER },
      { ...told, datetime: tightened },
    ])
    await loadCracks({ blur_metres: 100 }, '2026-06-04T12:00:00Z')
    expect(await shown()).toEqual(blurred)
    expect(blurred.lat).not.toBeCloseTo(52.123456, 5)
    await load(SERVICES)
    await sql`update service_request set service_code = service_code where service_request_id = ${id}`.execute(
      store(),
    )
    expect(await shown()).toEqual(blurred)
    // What else happens is told by those who do it.
    await sql`update service_request set agency_responsible = 'Others' where service_request_id = ${id}`.execute(
      store(),
    )
    expect((await shown()).updated_datetime).toBe(tightened)
  })

  test('EXT-28 A-44 hiding a service is a change of what was filed before', async () => {
    const id = await file('NOISE')
    await load(
      SERVICES.map((each) => (each.service_code === 'NOISE' ? { ...each, visibility: 'private' } : each)),
      LATER,
    )
    const { rows } =
      await sql`select visibility, updated_datetime from service_request where service_request_id = ${id}`.execute(
        store(),
      )
    expect(rows).toEqual([{ visibility: 'private', updated_datetime: LATER }])
    expect((await eventsOf(id)).at(-1)).toMatchObject({ kind: 'hidden', tells: 'tombstone', datetime: LATER })
  })

  test('EXT-28 EXT-42 a word belongs to its status, a reason and an original to what is closed, whoever changes it', async () => {
    const [id, other] = [await file('POTHOLE'), await file('POTHOLE')]
    const original = await store()
      .selectFrom('service_request')
      .where('service_request_id', '=', other)
      .select('id')
      .executeTakeFirstOrThrow()
    const now = async () =>
      store()
        .selectFrom('service_request')
        .where('service_request_id', '=', id)
        .select(['status', 'detailed_status', 'closing_reason', 'duplicate_of'])
        .executeTakeFirstOrThrow()
    const closed = { status: 'closed', detailed_status: 'duplicate', closing_reason: 'known' } as const
    await change(id, { ...closed, duplicate_of: original.id })
    expect(await now()).toEqual({ ...closed, duplicate_of: original.id })
    await sql`update service_request set status = 'open' where service_request_id = ${id}`.execute(store())
    expect(await now()).toEqual({
      status: 'open',
      detailed_status: null,
      closing_reason: null,
      duplicate_of: null,
    })
  })

  test('EXT-28 a number is never given again, even if what had it is gone', async () => {
    const id = await file('POTHOLE')
    await numberAll()
    const last = async () =>
      store()
        .selectFrom('numbered')
        .select(['position', 'seq'])
        .where('endpoint', '=', 'production')
        .executeTakeFirstOrThrow()
    const before = await last()
    await sql`delete from service_request where service_request_id = ${id}`.execute(store())
    await file('POTHOLE')
    await numberAll()
    expect(await last()).toEqual({ position: before.position + 1, seq: before.seq + 1 })
    const { seq } = await store()
      .selectFrom('event')
      .select('seq')
      .orderBy('event_id', 'desc')
      .limit(1)
      .executeTakeFirstOrThrow()
    expect(seq).toBe(before.seq + 1)
  })

  test('EXT-33 in whatever order updates of two senders arrive, the status is the same in the end', async () => {
    await createKey(store(), { name: 'b', jurisdiction_id: null, scopes: ['update'], now: NOW })
    const said = fc.record({
      key_id: fc.constantFrom(1, 2),
      minute: fc.integer({ min: 10, max: 13 }),
      word: fc.constantFrom('open', 'closed', 'fixed', 'in_progress'),
    })
    const endOf = async (updates: readonly { key_id: number; minute: number; word: string }[]) => {
      const id = await file('POTHOLE')
      for (const { key_id, minute, word } of updates)
        await postUpdate(store(), {
          ...AT,
          service_request_id: id,
          key_id,
          update_id: null,
          meaning: meaningOf(word, city.statuses)!,
          description: null,
          media_urls: [],
          author: { email: null, first_name: null, last_name: null, phone: null, account_id: null },
          datetime: `2026-06-01T12:${minute}:00Z`,
          now: LATER,
        })
      const { rows } = await sql<{
        status: string
      }>`select status from service_request where service_request_id = ${id}`.execute(store())
      return rows[0]!.status
    }
    // One of each second: what two said at once is the next rule's business.
    const several = fc.uniqueArray(said, { selector: ({ minute }) => minute, minLength: 2, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(several, fc.infiniteStream(fc.nat()), async (updates, dice) => {
        const shuffled = updates.map((each) => ({ each, at: dice.next().value! })).sort((a, b) => a.at - b.at)
        expect(await endOf(shuffled.map(({ each }) => each))).toBe(
          await endOf(updates.toSorted((a, b) => a.minute - b.minute)),
        )
      }),
      { numRuns: 25 },
    )
  })
})
