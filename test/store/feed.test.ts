import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Jurisdiction } from '../../src/standard/catalog.js'
import { readCatalog } from '../../src/store/catalog.js'
import { changeServiceRequest } from '../../src/store/change.js'
import type { Store } from '../../src/store/database.js'
import { numberEvents, type ToldOfEvent } from '../../src/store/events.js'
import { createKey } from '../../src/store/keys.js'
import { loadCities } from '../../src/store/load.js'
import { listPendingTokens, resolveToken } from '../../src/store/tokens.js'
import { databases, type TestDatabase } from '../databases.js'
import * as town from '../town.js'
import { Copy, type Entry, readFeed, readPublic } from './reading.js'
import { filed } from './submitting.js'

const NOW = '2026-06-01T12:00:00Z'
const AT = town.PRODUCTION
const SERVICES = [
  ...town.SERVICES,
  { service_code: 'BATCH', service_name: 'Batch', type: 'batch' },
  { service_code: 'HOME', service_name: 'Home', blur_metres: 500 },
]
/** In all that is never public, also of what is. */
const SECRET = 'planted'
const SECRET_LAT = 51.987654

type Change = [set: Parameters<typeof changeServiceRequest>[2], told?: ToldOfEvent]
interface Row {
  id: number
  status: 'open' | 'closed'
  visibility: 'public' | 'moderated' | 'private'
  service_code: string
}

/** What may happen to a service request; a blurred one is somewhere that nobody is told. */
const HAPPENINGS: Readonly<Record<string, (row: Row, other: Row) => Change>> = {
  close: () => [{ status: 'closed', detailed_status: 'fixed', status_notes: 'Done.' }],
  reopen: () => [{ status: 'open', detailed_status: null }],
  word: () => [{ status: 'open', detailed_status: 'in_progress' }],
  note: () => [{}, { kind: 'noted', description: 'Seen.' }],
  show: () => [{ media_urls: ['https://city.example/1.jpg'] }],
  assign: () => [{ agency_responsible: 'Bridges' }],
  answer: () => [{ answers: { WORDS: [SECRET] } }],
  address: ({ service_code }) => [{ address: service_code === 'HOME' ? `1 ${SECRET} St` : '1 Elm St' }],
  place: ({ service_code }) => [{ geom: pointAt(service_code === 'HOME' ? SECRET_LAT : 52.5) }],
  erase: () => [{ description: null, status_notes: null, exact: null, address: null }, { kind: 'erased' }],
  redact: () => [{ description: '(removed)' }, { kind: 'redacted' }],
  publish: () => [{ visibility: 'public' }],
  moderate: () => [{ visibility: 'moderated' }],
  hide: () => [{ visibility: 'private' }],
  reclassify: () => [{ service_code: 'CRACK' }],
  watch: () => [{ service_code: 'TIP' }],
  merge: ({ id }, other) => (other.id === id ? [{}] : [{ duplicate_of: other.id, status: 'closed' }]),
  split: () => [{ duplicate_of: null }],
  nothing: () => [{}],
}

const pointAt = (lat: number) => sql`st_setsrid(st_makepoint(11, ${lat}::float8), 4326)`

const happening = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ code: fc.constantFrom('POTHOLE', 'HOME', 'CARE', 'TIP', 'BATCH', 'ASKING') }),
  },
  {
    weight: 20,
    arbitrary: fc.record({
      what: fc.constantFrom(...Object.keys(HAPPENINGS), 'hide', 'publish', 'merge', 'merge'),
      which: fc.nat(3),
      other: fc.nat(3),
    }),
  },
  { weight: 2, arbitrary: fc.constantFrom('resolve' as const, 'touch' as const) },
  {
    weight: 3,
    arbitrary: fc.record({ limit: fc.integer({ min: 1, max: 7 }), taken: fc.integer({ min: 1, max: 7 }) }),
  },
)

describe.each(databases)('$kind', ({ kind, open }) => {
  let database: TestDatabase
  let city: Jurisdiction
  const store = () => database.store
  const file = (code: string, fields = {}, at: Store = store()) =>
    filed(at, { ...AT, service: city.services.get(code)!, description: 'deep', ...fields })
  const rows = async () =>
    (
      await sql<Row>`select id, status, visibility, service_code from service_request order by id`.execute(
        store(),
      )
    ).rows
  const change = (row: Row, [set, told]: Change, at: Store = store()) =>
    at
      .transaction()
      .execute(async (transaction) =>
        changeServiceRequest(transaction, row, set, { now: NOW, key_id: 1, ...told }),
      )
  const numberAll = async () => {
    while ((await numberEvents(store())) > 0);
  }
  const happens = async (...whats: string[]) => {
    const [row, other] = await rows()
    for (const what of whats) await change(row!, HAPPENINGS[what]!(row!, other ?? row!))
  }
  /** All that the feed tells now. */
  const told = async () => {
    await numberAll()
    return (await readFeed(store(), city, {})).entries
  }
  const lastSeq = async () => {
    await numberAll()
    return (await readFeed(store(), city, {})).last
  }

  beforeAll(async () => {
    database = await open()
    await loadCities(store(), [await town.readTown({ services: SERVICES })], NOW)
    city = (await readCatalog(store())).jurisdictions.get(town.SQUARETON)!
    await createKey(store(), { name: 'a', jurisdiction_id: null, scopes: ['report'], now: NOW })
  })
  beforeEach(async () => {
    await sql`delete from submission`.execute(store())
    await sql`delete from service_request`.execute(store())
    await sql`delete from numbered`.execute(store())
  })
  afterAll(() => database?.close())

  test('EXT-35 each change is an entry with the service request as it is now, found in order, and again from any place', async () => {
    const first = await file('POTHOLE')
    const second = await file('CRACK')
    await happens('word', 'close')
    const entries = await told()
    expect(entries).toMatchObject([
      { seq: 1, change: 'create', kind: 'created', service_request_id: first, datetime: NOW },
      { seq: 2, change: 'create', kind: 'created', service_request_id: second },
      { seq: 3, change: 'change', kind: 'status', changed: ['detailed_status'] },
      {
        seq: 4,
        change: 'change',
        kind: 'closed',
        changed: expect.arrayContaining(['status', 'status_notes']),
      },
    ])
    expect(entries[0]!.told).toMatch(/Z$/)
    expect(entries[0]).not.toHaveProperty('changed')
    const now = (await readPublic(store(), city)).get(first)
    expect(now!.status).toBe('closed')
    for (const entry of [0, 2, 3]) expect(entries[entry]!.service_request).toEqual(now)
    for (let after = 0; after <= 5; after++) {
      const rest = await readFeed(store(), city, { after: String(after), limit: '2' })
      expect(rest).toEqual({ entries: entries.slice(after, after + 2), last: 4 })
    }
  })

  test('EXT-35 A-61 what is not public any more keeps a number and a name, and nothing that tells why', async () => {
    const id = await file('POTHOLE', { description: SECRET })
    await happens('close', 'hide')
    const bare = { service_request_id: id, service_request: null }
    const hidden = await told()
    expect(hidden).toEqual([
      { seq: 1, change: 'create', datetime: NOW, ...bare },
      { seq: 2, change: 'change', datetime: NOW, ...bare },
      { seq: 3, change: 'tombstone', datetime: NOW, ...bare },
    ])
    await happens('redact', 'note', 'moderate', 'assign')
    expect(await told()).toEqual(hidden)
    await happens('publish', 'redact', 'erase')
    const entries = await told()
    expect(entries.map((each) => [each.seq, each.change, each.kind])).toEqual([
      [1, 'create', 'created'],
      [2, 'change', 'closed'],
      [3, 'tombstone', undefined],
      [4, 'create', undefined],
      [5, 'change', undefined],
      [6, 'change', undefined],
    ])
    // That somebody else has it now was not told while it was hidden, and is not told as news.
    expect(JSON.stringify(entries)).not.toMatch(/hidden|published|visibility|erased|redacted|planted/)
  })

  test('EXT-35 what is never public has no number', async () => {
    await file('TIP')
    await file('CARE')
    await file('BATCH')
    await happens('close', 'note', 'place', 'address')
    expect(await lastSeq()).toBe(0)
    await file('POTHOLE')
    expect(await lastSeq()).toBe(1)
  })

  test('EXT-35 EXT-29 where somebody lives cannot be told from what the feed says', async () => {
    const home = { lat: SECRET_LAT, long: 11, address: `5 ${SECRET} St` }
    await file('HOME', home)
    const before = await told()
    await happens('address', 'place')
    const after = await told()
    expect(after.slice(0, 1)).toEqual(before)
    for (const { changed = [] } of after) expect(changed).not.toContain('address')
    expect(JSON.stringify(after)).not.toMatch(/planted|51\.98765/)
  })

  test('EXT-35 EXT-19 a duplicate names what it duplicates while that is public, and has changed when this ends', async () => {
    const first = await file('POTHOLE')
    const second = await file('POTHOLE')
    await happens('merge')
    const duplicate = async () =>
      (await readPublic(store(), city)).get(first)!.extended_attributes.duplicate_of
    expect(await duplicate()).toBe(second)
    expect((await told()).at(-1)).toMatchObject({
      kind: 'merged',
      changed: ['status', 'duplicate_of', 'closed_datetime'],
    })
    const [, other] = await rows()
    await change(other!, HAPPENINGS.hide!(other!, other!))
    expect(await duplicate()).toBeNull()
    expect((await told()).slice(2)).toMatchObject([
      {
        change: 'change',
        kind: 'changed',
        changed: ['status', 'closed_datetime'],
        service_request_id: first,
      },
      { change: 'tombstone', service_request_id: second },
      { change: 'change', kind: 'changed', changed: [], service_request_id: first },
    ])
    expect(JSON.stringify((await told()).filter((each) => each.service_request))).not.toContain(`"${second}"`)
    await change(other!, HAPPENINGS.publish!(other!, other!))
    expect(await duplicate()).toBe(second)
    expect((await told()).at(-1)).toMatchObject({ service_request_id: first, changed: ['duplicate_of'] })
  })

  test('EXT-35 A-44 a change that changes nothing moves no date and is no news; a date that moves alone is', async () => {
    await file('POTHOLE')
    const before = await readPublic(store(), city)
    const [row] = await rows()
    await store()
      .transaction()
      .execute((transaction) =>
        changeServiceRequest(
          transaction,
          row!,
          { status: 'open', detailed_status: null },
          { now: '2026-06-02T12:00:00Z' },
        ),
      )
    expect(await readPublic(store(), city)).toEqual(before)
    expect(await lastSeq()).toBe(1)
    await sql`update service_request set updated_datetime = '2026-06-03T12:00:00Z'`.execute(store())
    expect((await told()).at(-1)).toMatchObject({
      seq: 2,
      kind: 'changed',
      changed: [],
      datetime: '2026-06-03T12:00:00Z',
    })
  })

  test('EXT-35 who applies the feed has exactly what is public, whatever happened and wherever reading was broken off', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 40, size: 'max' }), async (happenings) => {
        await sql`delete from submission`.execute(store())
        await sql`delete from service_request`.execute(store())
        await sql`delete from numbered`.execute(store())
        const copy = new Copy()
        const see = (now: ReadonlyMap<string, object>) => (entry: Entry) => {
          expect(entry.service_request ?? undefined).toEqual(now.get(entry.service_request_id))
          if (!entry.service_request)
            expect(Object.keys(entry).sort()).toEqual([
              'change',
              'datetime',
              'seq',
              'service_request',
              'service_request_id',
            ])
          expect(JSON.stringify(entry)).not.toMatch(
            /planted|51\.98765|hidden|published|visibility|key_id|position/,
          )
        }
        const read = async (limit: number, taken: number) => {
          await numberAll()
          await copy.readOn(store(), city, limit, taken, see(await readPublic(store(), city)))
        }
        for (const each of happenings) {
          const there = await rows()
          if (each === 'resolve') {
            const [pending] = await listPendingTokens(store())
            if (pending) await resolveToken(store(), { token: pending.token, now: NOW })
          } else if (each === 'touch') {
            await sql`update service_request set updated_datetime = updated_datetime + interval '1 minute'`.execute(
              store(),
            )
          } else if ('code' in each) {
            const home = { lat: SECRET_LAT, long: 11, address: SECRET, answers: { WORDS: [SECRET] } }
            await file(each.code, each.code === 'HOME' ? home : { lat: 52.5, long: 11 })
          } else if ('limit' in each) await read(each.limit, each.taken)
          else if (there.length > 0) {
            const row = there[each.which % there.length]!
            await change(row, HAPPENINGS[each.what]!(row, there[each.other % there.length]!))
          }
        }
        await read(5, 5)
        const now = await readPublic(store(), city)
        expect(copy.kept).toEqual(now)
        const late = new Copy()
        await late.readOn(store(), city)
        expect(late.kept).toEqual(now)
        for (const { seqs } of [copy, late]) expect(seqs).toEqual(seqs.map((_, index) => index + 1))
        expect(late.seqs.length).toBe(await lastSeq())
      }),
      { numRuns: 30 },
    )
  })

  // An embedded database has one session: nothing happens at once.
  test.skipIf(kind === 'embedded')(
    'EXT-35 read while several write and several number, the feed has no hole and nothing twice, from wherever it is resumed',
    async () => {
      let isWriting = true
      const until = async (work: () => Promise<void>) => {
        // Once more after the last word was written.
        for (let isLast = false; ; ) {
          await work()
          if (isLast) return
          isLast = !isWriting
        }
      }
      const copies = [new Copy(), new Copy(), new Copy()]
      const readers = copies.map((copy, index) =>
        until(() => copy.readOn(store(), city, 2 + index * 3, 1 + index)),
      )
      const numberers = [1, 2].map(() => until(numberAll))
      await Promise.all(
        [1, 2, 3].map(async (writer) => {
          for (let index = 0; index < 30; index++) {
            await store()
              .transaction()
              .execute(async (transaction) => {
                await file(['POTHOLE', 'TIP', 'CRACK'][index % 3]!, {}, transaction)
                // The first to begin is the last to end.
                await new Promise((done) => setTimeout(done, (4 - writer) * 2))
              })
            if (index % 2 === 0) continue
            const [row] = (
              await sql<Row>`select id, status, service_code from service_request where id % 3 = ${writer - 1}
                 order by random() limit 1`.execute(store())
            ).rows
            const what = ['hide', 'publish', 'note', 'close'][index % 4]!
            if (row) await change(row, HAPPENINGS[what]!(row, row))
          }
        }),
      )
      isWriting = false
      await Promise.all([...readers, ...numberers])
      const last = await lastSeq()
      const now = await readPublic(store(), city)
      expect(last).toBeGreaterThan(60)
      const resumed = new Copy(Math.floor(last / 2))
      for (const copy of [...copies, resumed]) await copy.readOn(store(), city)
      for (const copy of copies) {
        expect(copy.seqs).toEqual(Array.from({ length: last }, (_, index) => index + 1))
        expect(copy.kept).toEqual(now)
      }
      expect(resumed.seqs).toEqual(
        Array.from({ length: last - Math.floor(last / 2) }, (_, index) => Math.floor(last / 2) + index + 1),
      )
    },
  )
})
