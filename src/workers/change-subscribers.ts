import pLimit from 'p-limit'
import { describeError, type Log } from '../log.js'
import { Refusal } from '../standard/refusal.js'
import type { Store } from '../store/database/database.js'
import { type Change, type ChangeFeedPlan, findLastSeqs, listChanges } from '../store/events/change-feed.js'
import type { EndpointScope } from '../store/service-requests/public-service-requests.js'
import type { EventSequencer } from './event-sequencer.js'

/** Calls that wait for changes: however many there are, together they ask the database little more than one would. */
export interface ChangeSubscribers {
  /**
   * Lets a call of a client in that may wait, until the function it gives is called. Refuses if there are too many
   * (EXT-35, EXT-36): 429 if they are those of this client, 503 otherwise.
   */
  admit(client: string): () => void
  /**
   * A part of a feed. Where it is empty, waits for something to come: so many milliseconds at most, not when the signal
   * is given, and not when the server stops; then it is still empty.
   */
  poll(plan: ChangeFeedPlan, wait: number, signal: AbortSignal): Promise<Change[]>
  /** Milliseconds after which who waits should say that he is still there. */
  heartbeatMs: number
  /** Nobody waits any more. */
  isStopped(): boolean
  stop(): void
}

export interface SubscriberLimits {
  /** The most calls that may wait at once. */
  max: number
  /** Of these, the most of one client. */
  maxPerClient: number
  /** Milliseconds after which a connection on which nothing moves is cut. */
  idleTimeout: number
}

/** Milliseconds between looks, in case that a NOTIFY is lost on its way, as behind some connection poolers. */
const POLL_INTERVAL_MS = 5000
/** Parts that are read at once for all who wait: other calls need the database too. */
const MAX_CONCURRENT_READS = 2
const MAX_HEARTBEAT_MS = 15_000

/** One that waits for a `seq` greater than `after`. */
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
  const waiting = new Set<Waiter>()
  const reading = new Map<string, Promise<Change[]>>()
  const inTurn = pLimit(MAX_CONCURRENT_READS)
  const enteredBy = new Map<string, number>()
  let entered = 0
  let heard = 0
  let isLooking = false
  let isLate = false
  let isFailing = false
  let isStopped = false

  /** Wakes those for whom there is something, with one statement for all; what is heard meanwhile is looked for after. */
  async function look(): Promise<void> {
    // Who came after it began is not seen by it.
    isLate = true
    if (isLooking) return
    isLooking = true
    for (let seen = -1; (isLate || seen !== heard) && waiting.size > 0; ) {
      seen = heard
      isLate = false
      try {
        const places = new Map([...waiting].map((each) => [scopeKey(each), each]))
        const last = await findLastSeqs(store, [...places.values()])
        const known = new Map([...places.keys()].map((name, index) => [name, last[index]!]))
        for (const each of waiting) if ((known.get(scopeKey(each)) ?? 0) > each.after) each.wake()
        isFailing = false
      } catch (error) {
        if (!isFailing) log.error({ fault: describeError(error) }, 'changes could not be looked for')
        isFailing = true
      }
    }
    isLooking = false
  }

  const hearNoMore = events.subscribe(() => {
    heard++
    void look()
  })
  const timer = setInterval(look, POLL_INTERVAL_MS).unref()

  /** Reads a part, once for all who ask for it before anything new is heard. */
  function read(plan: ChangeFeedPlan): Promise<Change[]> {
    const name = JSON.stringify([scopeKey(plan), plan.after, plan.limit, heard])
    const known = reading.get(name)
    if (known) return known
    const read = inTurn(() => listChanges(store, plan)).finally(() => reading.delete(name))
    reading.set(name, read)
    return read
  }

  /** Until there is something after `after`, or one of the other reasons to wait no longer. */
  function until({ jurisdiction_id, endpoint, after }: ChangeFeedPlan, wait: number, signal: AbortSignal) {
    return new Promise<void>((done) => {
      const wake = () => {
        waiting.delete(one)
        clearTimeout(timeout)
        signal.removeEventListener('abort', wake)
        done()
      }
      const one = { jurisdiction_id, endpoint, after, wake }
      const timeout = setTimeout(wake, wait).unref()
      signal.addEventListener('abort', wake)
      waiting.add(one)
    })
  }

  return {
    admit: (client) => {
      const own = enteredBy.get(client) ?? 0
      if (own >= maxPerClient) throw refuseSubscriber(429, 'from your address')
      if (entered >= max) throw refuseSubscriber(503, 'just now')
      entered++
      enteredBy.set(client, own + 1)
      let isIn = true
      return () => {
        if (!isIn) return
        isIn = false
        entered--
        const left = enteredBy.get(client)! - 1
        if (left > 0) enteredBy.set(client, left)
        else enteredBy.delete(client)
      }
    },
    poll: async (plan, wait, signal) => {
      // So that the answer comes before the connection is cut.
      const end = performance.now() + Math.min(wait, idleTimeout * 0.75)
      for (;;) {
        const then = heard
        const changes = await read(plan)
        const left = end - performance.now()
        if (changes.length > 0 || left <= 0 || signal.aborted || isStopped) return changes
        const woken = until(plan, left, signal)
        // What was told while it was read may be missing in it.
        if (heard !== then) void look()
        await woken
      }
    },
    heartbeatMs: Math.min(MAX_HEARTBEAT_MS, idleTimeout / 3),
    isStopped: () => isStopped,
    stop: () => {
      isStopped = true
      clearInterval(timer)
      hearNoMore()
      for (const each of waiting) each.wake()
    },
  }
}

function refuseSubscriber(status: 429 | 503, which: string): Refusal {
  const description = `Too many calls ${which} wait for changes; please try again later.`
  return new Refusal([{ rule: 'EXT-35', status, description }], { 'retry-after': '5' })
}
