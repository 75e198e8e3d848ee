import fc from 'fast-check'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { parseStatusWord } from '../../../src/standard/status-words.js'
import { postUpdate } from '../../../src/store/service-requests/post-update.js'
import { databases } from '../../harness/databases.js'
import { openBeforeTests } from '../../harness/open-before-tests.js'
import * as town from '../../harness/squareton.js'
import { LATER, storeTown } from '../../harness/stored-squareton.js'

describe.each(databases)('$kind', ({ open }) => {
  const squareton = openBeforeTests(open, ({ store }) => storeTown(store))

  test('EXT-33 the final status does not depend on the order in which updates of two keys arrive', async () => {
    await squareton.newKey('second')
    const update = fc.record({
      key_id: fc.constantFrom(1, 2),
      minute: fc.integer({ min: 10, max: 13 }),
      word: fc.constantFrom('open', 'closed', 'fixed', 'in_progress'),
    })
    const postAll = async (updates: readonly { key_id: number; minute: number; word: string }[]) => {
      const id = await squareton.file('POTHOLE')
      for (const { key_id, minute, word } of updates)
        await postUpdate(squareton.store, {
          ...town.PRODUCTION,
          service_request_id: id,
          key_id,
          update_id: null,
          meaning: parseStatusWord(word, squareton.city().statuses)!,
          description: null,
          media_urls: [],
          author: { email: null, first_name: null, last_name: null, phone: null, account_id: null },
          datetime: `2026-06-01T12:${minute}:00Z`,
          now: LATER,
        })
      const { rows } = await sql<{
        status: string
      }>`select status from service_request where service_request_id = ${id}`.execute(squareton.store)
      return rows[0]!.status
    }
    // Each minute once: updates with equal datetimes are subject to another rule.
    const several = fc.uniqueArray(update, { selector: ({ minute }) => minute, minLength: 2, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(several, fc.infiniteStream(fc.nat()), async (updates, dice) => {
        const shuffled = updates.map((each) => ({ each, at: dice.next().value! })).sort((a, b) => a.at - b.at)
        expect(await postAll(shuffled.map(({ each }) => each))).toBe(
          await postAll(updates.toSorted((a, b) => a.minute - b.minute)),
        )
      }),
      { numRuns: 25 },
    )
  })
})
