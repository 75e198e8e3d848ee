import fc from 'fast-check'
import { sql } from 'kysely'
import { beforeEach, describe, expect, test } from 'vitest'
import { listPendingTokens, resolveToken } from '../../../src/store/service-requests/tokens.js'
import { databases } from '../../harness/databases.js'
import { openBeforeTests } from '../../harness/open-before-tests.js'
import { NOW } from '../../harness/stored-squareton.js'
import { type Entry, FeedCopy } from './feed-copy.js'
import { CHANGES, openChanges, type Row, SECRET, SECRET_LAT } from './random-changes.js'

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ code: fc.constantFrom('POTHOLE', 'HOME', 'CARE', 'TIP', 'BATCH', 'ASKING') }),
  },
  {
    weight: 20,
    arbitrary: fc.record({
      what: fc.constantFrom(...Object.keys(CHANGES), 'hide', 'publish', 'merge', 'merge'),
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
  const squareton = openBeforeTests(open, ({ store }) => openChanges(store))
  beforeEach(() => squareton.clear())

  test('EXT-35 a copy built from the feed equals the public service requests after random changes and interrupted reads', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
        await squareton.clear()
        const copy = new FeedCopy()
        const checkAgainst = (now: ReadonlyMap<string, object>) => (entry: Entry) => {
          expect(entry.service_request ?? undefined).toEqual(now.get(entry.service_request_id))
          if (!entry.service_request)
            expect(Object.keys(entry).sort()).toEqual([
              'change_type',
              'datetime',
              'seq',
              'service_request',
              'service_request_id',
            ])
          expect(JSON.stringify(entry)).not.toMatch(
            /planted|51\.98765|hidden|"published"|visibility|key_id|position/,
          )
        }
        const read = async (limit: number, taken: number) => {
          await squareton.sequence()
          await copy.readAll(
            squareton.store,
            squareton.city(),
            limit,
            taken,
            checkAgainst(await squareton.readPublic()),
          )
        }
        for (const each of steps) {
          const rows = await squareton.rows()
          if (each === 'resolve') {
            const [pending] = await listPendingTokens(squareton.store)
            if (pending) await resolveToken(squareton.store, { token: pending.token, now: NOW })
          } else if (each === 'touch') {
            await sql`update service_request set updated_datetime = updated_datetime + interval '1 minute'`.execute(
              squareton.store,
            )
          } else if ('code' in each) {
            const home = { lat: SECRET_LAT, long: 11, address: SECRET, answers: { WORDS: [SECRET] } }
            await squareton.file(each.code, each.code === 'HOME' ? home : { lat: 52.5, long: 11 })
          } else if ('limit' in each) await read(each.limit, each.taken)
          else if (rows.length > 0) {
            const row = rows[each.which % rows.length]!
            await squareton.applyChange(each.what, row, rows[each.other % rows.length])
          }
        }
        await read(5, 5)
        const now = await squareton.readPublic()
        expect(copy.serviceRequests).toEqual(now)
        const late = new FeedCopy()
        await late.readAll(squareton.store, squareton.city())
        expect(late.serviceRequests).toEqual(now)
        for (const { seqs } of [copy, late]) expect(seqs).toEqual(seqs.map((_, index) => index + 1))
        expect(late.seqs.length).toBe(await squareton.readLastSeq())
      }),
      { numRuns: 30 },
    )
  })

  // An embedded database has one session, so nothing runs concurrently.
  test.skipIf(kind === 'embedded')(
    'EXT-35 the feed has no gap and no repetition while it is written, sequenced and read concurrently',
    async () => {
      let isWriting = true
      const until = async (work: () => Promise<void>) => {
        // Runs once more after the last write.
        for (let isLast = false; ; ) {
          await work()
          if (isLast) return
          isLast = !isWriting
        }
      }
      const copies = [new FeedCopy(), new FeedCopy(), new FeedCopy()]
      const readers = copies.map((copy, index) =>
        until(() => copy.readAll(squareton.store, squareton.city(), 2 + index * 3, 1 + index)),
      )
      const sequencers = [1, 2].map(() => until(squareton.sequence))
      await Promise.all(
        [1, 2, 3].map(async (writer) => {
          for (let index = 0; index < 30; index++) {
            await squareton.store.transaction().execute(async (transaction) => {
              await squareton.file(['POTHOLE', 'TIP', 'CRACK'][index % 3]!, {}, transaction)
              // The transaction that begins first ends last.
              await new Promise((done) => setTimeout(done, (4 - writer) * 2))
            })
            if (index % 2 === 0) continue
            const [row] = (
              await sql<Row>`select id, status, service_code from service_request where id % 3 = ${writer - 1}
                 order by random() limit 1`.execute(squareton.store)
            ).rows
            const what = ['hide', 'publish', 'note', 'close'][index % 4]!
            if (row) await squareton.applyChange(what, row)
          }
        }),
      )
      isWriting = false
      await Promise.all([...readers, ...sequencers])
      const last = await squareton.readLastSeq()
      const now = await squareton.readPublic()
      expect(last).toBeGreaterThan(60)
      const resumed = new FeedCopy(Math.floor(last / 2))
      for (const copy of [...copies, resumed]) await copy.readAll(squareton.store, squareton.city())
      for (const copy of copies) {
        expect(copy.seqs).toEqual(Array.from({ length: last }, (_, index) => index + 1))
        expect(copy.serviceRequests).toEqual(now)
      }
      expect(resumed.seqs).toEqual(
        Array.from({ length: last - Math.floor(last / 2) }, (_, index) => Math.floor(last / 2) + index + 1),
      )
    },
  )
})
