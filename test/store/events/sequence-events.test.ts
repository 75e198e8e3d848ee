import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { sequenceEvents } from '../../../src/store/events/sequence-events.js'
import { databases } from '../../harness/databases.js'
import { openBeforeTests } from '../../harness/open-before-tests.js'
import { storeTown } from '../../harness/stored-squareton.js'

describe.each(databases)('$kind', ({ kind, open }) => {
  const squareton = openBeforeTests(open, ({ store }) => storeTown(store))

  test('EXT-28 position of all events and seq of public changes have no gaps', async () => {
    await squareton.file('TIP')
    const hidden = await squareton.file('POTHOLE')
    await squareton.change(hidden, { visibility: 'private' })
    await squareton.change(hidden, { status: 'closed' })
    await squareton.file('TIP')
    await squareton.file('POTHOLE')
    await squareton.sequence()
    const events = await squareton.store
      .selectFrom('event')
      .select(['position', 'seq', 'change_type'])
      .orderBy('position')
      .execute()
    expect(events.map((each) => each.position)).toEqual(events.map((_, index) => index + 1))
    const published = events.filter((each) => each.change_type)
    expect(published.map((each) => each.seq)).toEqual(published.map((_, index) => index + 1))
    expect(events.length).toBeGreaterThan(published.length)
  })

  // An embedded database has one session, so nothing runs concurrently.
  test.skipIf(kind === 'embedded')(
    'EXT-28 an event gets its position after its transaction ends, and never below a position that was read',
    async () => {
      const seen: number[] = []
      let isWriting = true
      const read = (async () => {
        let after = Number(
          (await squareton.store
            .selectFrom('event')
            .select(sql<number>`max(position)`.as('m'))
            .executeTakeFirst())!.m,
        )
        const first = after
        for (let rounds = 0; isWriting || rounds < 2; rounds += isWriting ? 0 : 1) {
          await sequenceEvents(squareton.store)
          const rows = await squareton.store
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
      await Promise.all(
        [1, 2, 3].map(async (writer) => {
          for (let index = 0; index < 25; index++) {
            await squareton.store.transaction().execute(async (transaction) => {
              await squareton.file('CRACK', {}, transaction)
              // The transaction that begins first ends last.
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

  test('EXT-28 a position is never reused, even after its event is deleted', async () => {
    const id = await squareton.file('POTHOLE')
    await squareton.sequence()
    const readLast = async () =>
      squareton.store
        .selectFrom('event_sequence')
        .select(['position', 'seq'])
        .where('endpoint', '=', 'production')
        .executeTakeFirstOrThrow()
    const before = await readLast()
    await sql`delete from service_request where service_request_id = ${id}`.execute(squareton.store)
    await squareton.file('POTHOLE')
    await squareton.sequence()
    expect(await readLast()).toEqual({ position: before.position + 1, seq: before.seq + 1 })
    const { seq } = await squareton.store
      .selectFrom('event')
      .select('seq')
      .orderBy('event_id', 'desc')
      .limit(1)
      .executeTakeFirstOrThrow()
    expect(seq).toBe(before.seq + 1)
  })
})
