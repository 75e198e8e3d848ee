import pLimit from 'p-limit'
import type { Change } from '../documents/rows.js'
import { describeError, type Log } from '../log.js'
import { Refusal } from '../standard/refusal.js'
import type { Store } from '../store/database/database.js'
import { type ChangeFeedPlan, findLastSeqs, listChanges } from '../store/events/change-feed.js'
import type { EndpointScope } from '../store/service-requests/public-service-requests.js'
import type { EventSequencer } from './event-sequencer.js'

/** Requests that wait for changes (long polling and event streams). They share their database queries. */
export interface ChangeSubscribers {
  /**
   * Admits a request of a client. Returns a function that releases its slot. Throws a Refusal if there are too many
   * (EXT-35, EXT-36): 429 if they are those of this client, else 503.
   */
  admit(client: string): () => void
  /** Long-polls for up to `waitMs`; returns an empty list on timeout, abort or shutdown. */
  poll(plan: ChangeFeedPlan, waitMs: number, signal: AbortSignal): Promise<Change[]>
  /** Interval of keep-alive messages of an event stream. */
  heartbeatMs: number
  isStopped(): boolean
  stop(): void
}

export interface SubscriberLimits {
  /** Maximum requests that wait at the same time. */
  max: number
  /** Maximum of these per client. */
  maxPerClient: number
  /** Milliseconds without traffic after which the server closes a connection. */
  idleTimeout: number
}

/** Fallback for lost NOTIFY messages, for example behind some connection poolers. */
const POLL_INTERVAL_MS = 5000
/** Leaves database connections to other requests. */
const MAX_CONCURRENT_READS = 2
const MAX_HEARTBEAT_MS = 15_000

/** A request that waits for a `seq` greater than `after`. */
interface Waiter extends EndpointScope {
  after: number
  wake(): void
}

const scopeKey = ({ jurisdiction_id, endpoint }: EndpointScope) => JSON.stringify([jurisdiction_id, endpoint])

export function startChangeSubscribers(
  store: Store,
  events: EventSequencer,
  log: Log,
  { max, maxPerClient, idleTimeout }: SubscriberLimits,
): ChangeSubscribers {
  const waiters = new Set<Waiter>()
  const reads = new Map<string, Promise<Change[]>>()
  const limitConcurrency = pLimit(MAX_CONCURRENT_READS)
  const admittedByClient = new Map<string, number>()
  let admitted = 0
  let notifications = 0
  let isChecking = false
  let isCheckRequested = false
  let isFailing = false
  let isStopped = false

  /** Wakes the waiters that have new changes, with one query for all. Repeats if called, or notified, meanwhile. */
  async function wakeWaiters(): Promise<void> {
    // A running check does not see waiters that were added after its query started.
    isCheckRequested = true
    if (isChecking) return
    isChecking = true
    for (let checked = -1; (isCheckRequested || checked !== notifications) && waiters.size > 0; ) {
      checked = notifications
      isCheckRequested = false
      try {
        const scopes = new Map([...waiters].map((waiter) => [scopeKey(waiter), waiter]))
        const seqs = await findLastSeqs(store, [...scopes.values()])
        const lastSeqs = new Map([...scopes.keys()].map((key, index) => [key, seqs[index]!]))
        for (const waiter of waiters) if ((lastSeqs.get(scopeKey(waiter)) ?? 0) > waiter.after) waiter.wake()
        isFailing = false
      } catch (error) {
        if (!isFailing) log.error({ error: describeError(error) }, 'could not check for changes')
        isFailing = true
      }
    }
    isChecking = false
  }

  const unsubscribe = events.subscribe(() => {
    notifications++
    void wakeWaiters()
  })
  const timer = setInterval(wakeWaiters, POLL_INTERVAL_MS).unref()

  /** Identical concurrent reads are coalesced into one query until the next notification. */
  function readChanges(plan: ChangeFeedPlan): Promise<Change[]> {
    const key = JSON.stringify([scopeKey(plan), plan.after, plan.limit, notifications])
    const running = reads.get(key)
    if (running) return running
    const read = limitConcurrency(() => listChanges(store, plan)).finally(() => reads.delete(key))
    reads.set(key, read)
    return read
  }

  /** Resolves when there is a change after `after`, on timeout, abort or shutdown. */
  function waitForChange(
    { jurisdiction_id, endpoint, after }: ChangeFeedPlan,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        waiters.delete(waiter)
        clearTimeout(timeout)
        signal.removeEventListener('abort', wake)
        resolve()
      }
      const waiter = { jurisdiction_id, endpoint, after, wake }
      const timeout = setTimeout(wake, waitMs).unref()
      signal.addEventListener('abort', wake)
      waiters.add(waiter)
    })
  }

  return {
    admit: (client) => {
      const ownCount = admittedByClient.get(client) ?? 0
      if (ownCount >= maxPerClient) throw refuseSubscriber(429, 'from your address')
      if (admitted >= max) throw refuseSubscriber(503, 'just now')
      admitted++
      admittedByClient.set(client, ownCount + 1)
      let isReleased = false
      return () => {
        if (isReleased) return
        isReleased = true
        admitted--
        const remaining = admittedByClient.get(client)! - 1
        if (remaining > 0) admittedByClient.set(client, remaining)
        else admittedByClient.delete(client)
      }
    },
    poll: async (plan, waitMs, signal) => {
      // The response must come before the idle timeout closes the connection.
      const end = performance.now() + Math.min(waitMs, idleTimeout * 0.75)
      for (;;) {
        const notificationsBefore = notifications
        const changes = await readChanges(plan)
        const remainingMs = end - performance.now()
        if (changes.length > 0 || remainingMs <= 0 || signal.aborted || isStopped) return changes
        const woken = waitForChange(plan, remainingMs, signal)
        // The read may lack changes that were published during it.
        if (notifications !== notificationsBefore) void wakeWaiters()
        await woken
      }
    },
    heartbeatMs: Math.min(MAX_HEARTBEAT_MS, idleTimeout / 3),
    isStopped: () => isStopped,
    stop: () => {
      isStopped = true
      clearInterval(timer)
      unsubscribe()
      for (const waiter of waiters) waiter.wake()
    },
  }
}

function refuseSubscriber(status: 429 | 503, origin: string): Refusal {
  const description = `Too many calls ${origin} wait for changes; please try again later.`
  return new Refusal([{ rule: 'EXT-35', status, description }], { 'retry-after': '5' })
}
