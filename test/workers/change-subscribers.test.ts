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
/** Longer than any test. */
const LONG_MS = 600_000
const PLAN: ChangeFeedPlan = { ...town.PRODUCTION, after: 0, limit: 100 }
const never = new AbortController().signal
setMaxListeners(0, never)

/** A store over `database` that counts its queries; `feed` is queries of the change feed, `other` all others. */
function createCountingStore(database: TestDatabase) {
  const counts = { feed: 0, other: 0, concurrent: 0, maxConcurrent: 0 }
  const store: Store = createStore(async () => {
    const session = await database.open()
    return {
      ...session,
      query: async (sql, parameters, running) => {
        const isFeed = sql.includes('order by "e"."seq"')
        if (isFeed) counts.feed++
        else counts.other++
        if (isFeed) counts.maxConcurrent = Math.max(counts.maxConcurrent, ++counts.concurrent)
        try {
          return await session.query(sql, parameters, running)
        } finally {
          if (isFeed) counts.concurrent--
        }
      },
    }
  })
  return { store, counts }
}

describe.each(databases)('$kind', ({ open }) => {
  let database: TestDatabase
  let city: Jurisdiction
  let events: EventSequencer
  let subscribers: ChangeSubscribers
  let counts: ReturnType<typeof createCountingStore>['counts']
  const file = async () => {
    const id = await submitServiceRequest(database.store, {
      ...town.PRODUCTION,
      service: city.services.get('POTHOLE')!,
    })
    events.wake()
    return id
  }
  const startSubscribers = (limits = { max: 10, maxPerClient: 10, idleTimeout: LONG_MS * 2 }) => {
    const counting = createCountingStore(database)
    counts = counting.counts
    return startChangeSubscribers(counting.store, events, createLog('silent'), limits)
  }

  beforeAll(async () => {
    database = await open()
    await writeCities(database.store, [await town.readTown()], NOW)
    city = (await loadCatalog(database.store)).jurisdictions.get(town.SQUARETON)!
    await createKey(database.store, { name: 'a', jurisdiction_id: null, scopes: ['report'], now: NOW })
    events = await startEventSequencer(database, createLog('silent'))
    await file()
    subscribers = startSubscribers()
    while ((await subscribers.poll(PLAN, LONG_MS, never)).length < 1);
  })
  afterAll(async () => {
    subscribers?.stop()
    await events?.stop()
    await database?.close()
  })

  test('EXT-35 a thousand subscribers at the same position share one query, and subscribers at later positions are not woken', async () => {
    subscribers.stop()
    subscribers = startSubscribers()
    const last = (await subscribers.poll(PLAN, 0, never)).at(-1)!.seq
    const aborting = new AbortController()
    setMaxListeners(0, aborting.signal)
    const ahead = Array.from({ length: 100 }, (_, index) =>
      subscribers.poll({ ...PLAN, after: last + 1000 + index }, LONG_MS, aborting.signal),
    )
    let woken = 0
    for (const each of ahead) void each.then(() => woken++)
    await expect.poll(() => counts.feed, { timeout: 30_000 }).toBe(101)
    const waiting = Array.from({ length: 1000 }, () =>
      subscribers.poll({ ...PLAN, after: last }, LONG_MS, never),
    )
    const id = await file()
    for (const changes of await Promise.all(waiting))
      expect(changes.map((each) => each.service_request_id)).toEqual([id])
    // One query at the start, one after the change, and one for subscribers that arrived in between.
    expect(counts.feed).toBeLessThanOrEqual(101 + 3)
    expect(counts.other).toBeLessThanOrEqual(5)
    expect(woken).toBe(0)
    aborting.abort()
    expect((await Promise.all(ahead)).flat()).toEqual([])
  })

  test('EXT-35 feed queries of many subscribers run at most two at a time', async () => {
    subscribers.stop()
    subscribers = startSubscribers()
    const polls = Array.from({ length: 60 }, (_, index) =>
      subscribers.poll({ ...PLAN, limit: index + 1 }, 1, never),
    )
    for (const changes of await Promise.all(polls)) expect(changes.length).toBeGreaterThan(0)
    expect(counts.maxConcurrent).toBeLessThanOrEqual(2)
    expect(counts.feed).toBe(60)
  })

  test('EXT-35 a change published during a poll is not missed', async () => {
    const after = (await subscribers.poll({ ...PLAN, limit: 1000 }, 0, never)).at(-1)!.seq
    for (let round = 0; round < 20; round++) {
      const waiting = subscribers.poll({ ...PLAN, after: after + round }, LONG_MS, never)
      const id = file()
      expect((await waiting).map((each) => each.service_request_id)).toEqual([await id])
    }
  })

  test('EXT-35 EXT-36 a poll ends before the idle timeout, and at once when the subscribers are stopped', async () => {
    subscribers.stop()
    subscribers = startSubscribers({ max: 1, maxPerClient: 1, idleTimeout: 40 })
    expect(subscribers.heartbeatMs).toBeLessThan(20)
    const ahead = { ...PLAN, after: 1_000_000 }
    expect(await subscribers.poll(ahead, LONG_MS, never)).toEqual([])
    subscribers.stop()
    subscribers = startSubscribers({ max: 1, maxPerClient: 1, idleTimeout: LONG_MS * 2 })
    const leave = subscribers.admit('a')
    expect(() => subscribers.admit('b')).toThrow(expect.objectContaining({ status: 503 }))
    leave()
    leave()
    subscribers.admit('a')
    expect(() => subscribers.admit('b')).toThrow(expect.objectContaining({ headers: { 'retry-after': '5' } }))
    const waiting = subscribers.poll(ahead, LONG_MS, never)
    subscribers.stop()
    expect(await waiting).toEqual([])
    expect(await subscribers.poll(ahead, LONG_MS, never)).toEqual([])
  })

  test('EXT-35 the subscriber limit of one client does not reduce that of other clients', () => {
    subscribers.stop()
    subscribers = startSubscribers({ max: 4, maxPerClient: 2, idleTimeout: LONG_MS * 2 })
    const refused = (status: number) => expect.objectContaining({ status, headers: { 'retry-after': '5' } })
    for (let round = 0; round < 3; round++) {
      const leaving = [subscribers.admit('a'), subscribers.admit('a')]
      expect(() => subscribers.admit('a')).toThrow(refused(429))
      leaving.push(subscribers.admit('b'), subscribers.admit('c'))
      expect(() => subscribers.admit('d')).toThrow(refused(503))
      for (const leave of [...leaving, ...leaving]) leave()
    }
  })
})
