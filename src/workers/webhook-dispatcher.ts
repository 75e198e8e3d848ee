import { randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { describeError, elapsedMs, type Log } from '../log.js'
import type { Catalog, Jurisdiction } from '../standard/catalog.js'
import type { Store } from '../store/database/database.js'
import {
  type Attempt,
  type Delivery,
  type Lease,
  leaseWebhooks,
  mentionsPeople,
  nextDelivery,
  pruneDeliveries,
  recordAttempt,
  releaseWebhook,
} from '../store/events/deliveries.js'
import {
  computeAttempt,
  type TargetResponse,
  UNBUILDABLE_MESSAGE,
  VOID_ATTEMPT,
} from '../webhooks/delivery-outcome.js'
import { createWebhookClient } from '../webhooks/http-client.js'
import { buildFixMyStreetMessage, buildStandardMessage, type Message } from '../webhooks/message.js'
import { listSentSecrets, unescapeText, WITHHELD_RESPONSE } from '../webhooks/recorded-response.js'
import type { EventSequencer } from './event-sequencer.js'
import { startPeriodicTask } from './periodic-task.js'

/** Sends what webhooks wait for. */
export interface WebhookDispatcher {
  /** Ends after what is being sent; what is not answered in `timeout` milliseconds is cut, and sent again some day. */
  stop(timeout: number): Promise<void>
}

/** Milliseconds, targets at once, days. */
export interface DeliveryPolicy {
  allowPrivate: boolean
  timeout: number
  attempts: number
  retryAfter: number
  concurrency: number
  logDays: number
}

/** What the worker needs from outside. */
export interface DispatcherContext {
  store: Store
  catalog(): Catalog
  events: Pick<EventSequencer, 'subscribe'>
  log: Log
  policy: DeliveryPolicy
}

/** Milliseconds between looks for what nobody told of: claims that ended, rests that are over, what was resumed. */
const POLL_INTERVAL_MS = 1000
/** Milliseconds that a target is sent to before others have their turn. */
const MAX_TURN_MS = 5000
/** Milliseconds that the database and we ourselves may take before something is sent, and again after it. */
const CLOCK_MARGIN_MS = 2000
/** Milliseconds until something is tried again that failed here, not at a target. */
const LOCAL_FAILURE_DELAY_MS = 5000
/** Milliseconds between two looks for what may be forgotten. */
const PRUNE_INTERVAL_MS = 3_600_000

/** Sends, again and again until `stop` (EXT-37). Any number of processes may do so: each webhook is sent to by one of them. */
export function startWebhookDispatcher({
  store,
  catalog,
  events,
  log,
  policy,
}: DispatcherContext): WebhookDispatcher {
  const poster = createWebhookClient(policy)
  const cut = new AbortController()
  const lease = policy.timeout + 2 * CLOCK_MARGIN_MS
  const sending = new Set<Promise<void>>()
  let isStopped = false
  let isFailing = false
  const { schedule, stop } = startPeriodicTask(look)
  const forgetting = startPeriodicTask(forget)

  async function look(): Promise<void> {
    const most = policy.concurrency - sending.size
    try {
      if (isStopped || most <= 0) return
      const claim = randomUUID()
      for (const webhook_id of await leaseWebhooks(store, { claim, most, lease })) {
        const sent = send({ webhook_id, lease_id: claim }).finally(() => {
          sending.delete(sent)
          schedule(0)
        })
        sending.add(sent)
      }
      isFailing = false
    } catch (error) {
      if (!isFailing) log.error({ fault: describeError(error) }, 'webhooks could not be looked for')
      isFailing = true
    } finally {
      schedule(POLL_INTERVAL_MS)
    }
  }

  /** By itself: nothing that is to be sent waits for it. */
  async function forget(): Promise<void> {
    try {
      await pruneDeliveries(store, policy.logDays, () => isStopped)
    } catch (error) {
      log.error({ fault: describeError(error) }, 'deliveries could not be forgotten')
    }
    forgetting.schedule(PRUNE_INTERVAL_MS)
  }

  /** Sends what one webhook waits for, one after the other, until there is nothing left, one fails, or its turn is over. */
  async function send(claim: Lease): Promise<void> {
    const started = performance.now()
    let rest = 0
    try {
      while (!isStopped && performance.now() - started < MAX_TURN_MS) {
        const asked = performance.now()
        const delivery = await nextDelivery(store, claim, policy.timeout + CLOCK_MARGIN_MS)
        // Whoever was held up here for long could send at the same time as another, and an old one after a newer one.
        if (!delivery || performance.now() - asked > CLOCK_MARGIN_MS) break
        const attempt = await tryOnce(delivery)
        if (!attempt) break
        await recordAttempt(store, claim, delivery.position, attempt, lease)
        if (attempt.backoffMs > 0) {
          // Sooner than the next look.
          if (attempt.backoffMs < POLL_INTERVAL_MS) setTimeout(() => schedule(0), attempt.backoffMs).unref()
          break
        }
      }
    } catch (error) {
      rest = LOCAL_FAILURE_DELAY_MS
      log.error(
        { webhook_id: claim.webhook_id, fault: describeError(error) },
        'a webhook could not be sent to',
      )
    }
    // If this fails too, the claim ends by itself.
    await releaseWebhook(store, claim, rest).catch(() => {})
  }

  /** One attempt; null: it was cut, or cannot be made just now, and does not count. */
  async function tryOnce(delivery: Delivery): Promise<Attempt | null> {
    const { target } = delivery
    const jurisdiction = catalog().jurisdictions.get(target.jurisdiction_id)
    if (!jurisdiction) throw new Error('the catalog does not have the jurisdiction yet')
    const started = performance.now()
    const heard = await tell(delivery, jurisdiction)
    if (!heard) return VOID_ATTEMPT
    if (cut.signal.aborted && heard.error) return null
    const milliseconds = elapsedMs(started)
    const tried = { form: target.form, attempts: delivery.attempts + 1, sent: listSentSecrets(delivery) }
    const attempt = computeAttempt(tried, heard, policy, Math.random())
    const { status } = heard
    const answered = status !== null && attempt.error
    if (answered && (await mentionsPeople(store, delivery, unescapeText(answered))))
      attempt.error = WITHHELD_RESPONSE
    const { webhook_id } = target
    const line = { webhook_id, position: delivery.position, status, fault: heard.error, ms: milliseconds }
    if (attempt.isPaused) log.warn(line, 'a target is gone')
    else if (attempt.state === 'dead') log.warn(line, 'a delivery is dead')
    else log.debug(line, 'sent')
    return { ...attempt, milliseconds }
  }

  /** What is heard when a target is told of a delivery; null: there is nothing left to tell. */
  async function tell(delivery: Delivery, jurisdiction: Jurisdiction): Promise<TargetResponse | null> {
    const { webhook_id, url, form } = delivery.target
    let message: Message | null
    try {
      message =
        form === 'standard'
          ? buildStandardMessage(delivery, jurisdiction, new Date())
          : buildFixMyStreetMessage(delivery, jurisdiction)
    } catch (error) {
      log.error(
        { webhook_id, position: delivery.position, fault: describeError(error) },
        'a message could not be made',
      )
      return UNBUILDABLE_MESSAGE
    }
    return message && poster.post(url, message, cut.signal)
  }

  const deaf = events.subscribe(() => schedule(0))
  schedule(0)
  forgetting.schedule(0)
  return {
    stop: async (timeout) => {
      isStopped = true
      deaf()
      const late = setTimeout(() => cut.abort(), timeout)
      await Promise.all([stop(), forgetting.stop()])
      await Promise.all(sending)
      clearTimeout(late)
      poster.close()
    },
  }
}
