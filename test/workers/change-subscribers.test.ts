import { setMaxListeners } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLog } from '../../src/log.js'
import type { Jurisdiction } from '../../src/standard/catalog.js'
import { createKey } from '../../src/store/catalog/api-keys.js'
import { loadCatalog } from '../../src/store/catalog/load-catalog.js'
import { writeCities } from '../../src/store/catalog/write-city.js'
import { createStore, type Store } from '../../src/store/database/database.js'
import type { ChangeFeedPlan } from '../../src/store/events/change-feed.js'
import { type ChangeSubscribers, startChangeSubscribers } from '../../src/workers/change-subscribers.js'
import { type EventSequencer, startEventSequencer } from '../../src/workers/event-sequencer.js'
import { databases, type TestDatabase } from '../harness/databases.js'
import * as town from '../harness/squareton.js'
import { submitServiceRequest } from '../store/service-requests/submit-service-request.js'

const NOW = '2026-06-01T12:00:00Z'
/** Milliseconds: longer than any test. */
const LONG = 600_000
const PART: ChangeFeedPlan = { ...town.PRODUCTION, after: 0, limit: 100 }
const never = new AbortController().signal
setMaxListeners(0, never)

/** `database`, and what is asked of it. */
function watched(database: TestDatabase) {
  const seen = { parts: 0, looks: 0, atOnce: 0, mostAtOnce: 0 }
  const store: Store = createStore(async () => {
    const session = await database.open()
    return {
      ...session,
      query: async (sql, parameters, running) => {
        const isPart = sql.includes('order by "e"."seq"')
        if (isPart) seen.parts++
        else seen.looks++
        if (isPart) seen.mostAtOnce = Math.max(seen.mostAtOnce, ++seen.atOnce)
        try {
          return await session.query(sql, parameters, running)
        } finally {
          if (isPart) seen.atOnce--
        }
      },
    }
  })
  return { store, seen }
}

describe.each(databases)('$kind', ({ open }) => {
  let database: TestDatabase
  let city: Jurisdiction
  let events: EventSequencer
  let followers: ChangeSubscribers
  let seen: ReturnType<typeof watched>['seen']
  const file = async () => {
    const id = await submitServiceRequest(database.store, {
      ...town.PRODUCTION,
      service: city.services.get('POTHOLE')!,
    })
    events.wake()
    return id
  }
  const follow = (limits = { max: 10, maxPerClient: 10, idleTimeout: LONG * 2 }) => {
    const { store, seen: counted } = watched(database)
    seen = counted
    return startChangeSubscribers(store, events, createLog('silent'), limits)
  }

  beforeAll(async () => {
    database = await open()
    await writeCities(database.store, [await town.readTown()], NOW)
    city = (await loadCatalog(database.store)).jurisdictions.get(town.SQUARETON)!
    await createKey(database.store, { name: 'a', jurisdiction_id: null, scopes: ['report'], now: NOW })
    events = await startEventSequencer(database, createLog('silent'))
    await file()
    followers = follow()
    while ((await followers.poll(PART, LONG, never)).length < 1);
  })
  afterAll(async () => {
    followers?.stop()
    await events?.stop()
    await database?.close()
  })

  test('EXT-35 a thousand subscribers at the same position share one query, and subscribers at later positions are not woken', async () => {
    followers.stop()
    followers = follow()
    const last = (await followers.poll(PART, 0, never)).at(-1)!.seq
    const asleep = new AbortController()
    setMaxListeners(0, asleep.signal)
    const ahead = Array.from({ length: 100 }, (_, index) =>
      followers.poll({ ...PART, after: last + 1000 + index }, LONG, asleep.signal),
    )
    let woken = 0
    for (const each of ahead) void each.then(() => woken++)
    await expect.poll(() => seen.parts, { timeout: 30_000 }).toBe(101)
    const waiting = Array.from({ length: 1000 }, () => followers.poll({ ...PART, after: last }, LONG, never))
    const id = await file()
    for (const changes of await Promise.all(waiting))
      expect(changes.map((each) => each.service_request_id)).toEqual([id])
    // One when they came, one when it happened; one more where somebody came in between.
    expect(seen.parts).toBeLessThanOrEqual(101 + 3)
    expect(seen.looks).toBeLessThanOrEqual(5)
    expect(woken).toBe(0)
    asleep.abort()
    expect((await Promise.all(ahead)).flat()).toEqual([])
  })

  test('EXT-35 feed queries of many subscribers run at most two at a time', async () => {
    followers.stop()
    followers = follow()
    const parts = Array.from({ length: 60 }, (_, index) =>
      followers.poll({ ...PART, limit: index + 1 }, 1, never),
    )
    for (const part of await Promise.all(parts)) expect(part.length).toBeGreaterThan(0)
    expect(seen.mostAtOnce).toBeLessThanOrEqual(2)
    expect(seen.parts).toBe(60)
  })

  test('EXT-35 a change published during a poll is not missed', async () => {
    const after = (await followers.poll({ ...PART, limit: 1000 }, 0, never)).at(-1)!.seq
    for (let round = 0; round < 20; round++) {
      const waiting = followers.poll({ ...PART, after: after + round }, LONG, never)
      const id = file()
      expect((await waiting).map((each) => each.service_request_id)).toEqual([await id])
    }
  })

  test('EXT-35 EXT-36 a poll ends before the idle timeout, and at once when the subscribers are stopped', async () => {
    followers.stop()
    followers = follow({ max: 1, maxPerClient: 1, idleTimeout: 40 })
    expect(followers.heartbeatMs).toBeLessThan(20)
    const ahead = { ...PART, after: 1_000_000 }
    expect(await followers.poll(ahead, LONG, never)).toEqual([])
    followers.stop()
    followers = follow({ max: 1, maxPerClient: 1, idleTimeout: LONG * 2 })
    const leave = followers.admit('a')
    expect(() => followers.admit('b')).toThrow(expect.objectContaining({ status: 503 }))
    leave()
    leave()
    followers.admit('a')
    expect(() => followers.admit('b')).toThrow(expect.objectContaining({ headers: { 'retry-after': '5' } }))
    const waiting = followers.poll(ahead, LONG, never)
    followers.stop()
    expect(await waiting).toEqual([])
    expect(await followers.poll(ahead, LONG, never)).toEqual([])
  })

  test('EXT-35 the subscriber limit of one client does not reduce that of other clients', () => {
    followers.stop()
    followers = follow({ max: 4, maxPerClient: 2, idleTimeout: LONG * 2 })
    const refused = (status: number) => expect.objectContaining({ status, headers: { 'retry-after': '5' } })
    for (let round = 0; round < 3; round++) {
      const leaving = [followers.admit('a'), followers.admit('a')]
      expect(() => followers.admit('a')).toThrow(refused(429))
      leaving.push(followers.admit('b'), followers.admit('c'))
      expect(() => followers.admit('d')).toThrow(refused(503))
      for (const leave of [...leaving, ...leaving]) leave()
    }
  })
})
