import { randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { describeError, elapsedMs, type Log } from '../log.js'
import type { Catalog, Jurisdiction } from '../standard/catalog.js'
import type { Store } from '../store/database/database.js'
import { type Delivery, nextDelivery } from '../store/events/deliveries.js'
import { pruneDeliveries } from '../store/events/delivery-log.js'
import {
  type Attempt,
  type Lease,
  leaseWebhooks,
  recordAttempt,
  releaseWebhook,
} from '../store/events/webhook-leases.js'
import {
  computeAttempt,
  SKIPPED_ATTEMPT,
  type TargetResponse,
  UNBUILDABLE_MESSAGE,
} from '../webhooks/delivery-outcome.js'
import { createWebhookClient } from '../webhooks/http-client.js'
import { buildFixMyStreetMessage, buildStandardMessage, type Message } from '../webhooks/message.js'
import type { EventSequencer } from './event-sequencer.js'
import { startPeriodicTask } from './periodic-task.js'

/** Sends the pending deliveries of webhooks: the outbox of the event log (EXT-37). */
export interface WebhookDispatcher {
  /** Waits `timeoutMs` for requests in flight, then aborts them: their deliveries stay pending and are sent again. */
  stop(timeoutMs: number): Promise<void>
}

export interface DeliveryPolicy {
  /** Whether targets may be in private networks. */
  allowPrivateTargets: boolean
  /** Of one request. */
  timeoutMs: number
  /** Failures after which a delivery is a dead letter. */
  maxAttempts: number
  /** First backoff. */
  firstBackoffMs: number
  /** Targets that this process sends to at the same time. */
  concurrency: number
  /** Retention of the delivery log. */
  logDays: number
}

export interface DispatcherContext {
  store: Store
  catalog(): Catalog
  events: Pick<EventSequencer, 'subscribe'>
  log: Log
  policy: DeliveryPolicy
}

/** Finds expired leases, ended backoffs and resumed webhooks, which no notification announces. */
const POLL_INTERVAL_MS = 1000
/** Time for one webhook before others get its slot. */
const MAX_TURN_MS = 5000
/** Part of a lease for the database and this process: once before a request and once after it. */
const LEASE_MARGIN_MS = 2000
/** Backoff after a failure of our own, not of a target. */
const LOCAL_FAILURE_DELAY_MS = 5000
const PRUNE_INTERVAL_MS = 3_600_000

/**
 * Starts to send deliveries (EXT-37). Any number of processes may do so: a lease gives each webhook to one of them, so that
 * its deliveries stay in order.
 */
export function startWebhookDispatcher({
  store,
  catalog,
  events,
  log,
  policy,
}: DispatcherContext): WebhookDispatcher {
  const client = createWebhookClient(policy)
  const shutdown = new AbortController()
  const leaseMs = policy.timeoutMs + 2 * LEASE_MARGIN_MS
  const sending = new Set<Promise<void>>()
  let isStopped = false
  let isFailing = false
  const { schedule, stop } = startPeriodicTask(leaseAndSend)
  const pruning = startPeriodicTask(prune)

  async function leaseAndSend(): Promise<void> {
    const limit = policy.concurrency - sending.size
    try {
      if (isStopped || limit <= 0) return
      const lease_id = randomUUID()
      for (const webhook_id of await leaseWebhooks(store, { lease_id, limit, leaseMs })) {
        const sent = sendPending({ webhook_id, lease_id }).finally(() => {
          sending.delete(sent)
          schedule(0)
        })
        sending.add(sent)
      }
      isFailing = false
    } catch (error) {
      if (!isFailing) log.error({ error: describeError(error) }, 'could not lease webhooks')
      isFailing = true
    } finally {
      schedule(POLL_INTERVAL_MS)
    }
  }

  /** A task of its own, so that it never delays deliveries. */
  async function prune(): Promise<void> {
    try {
      await pruneDeliveries(store, policy.logDays, () => isStopped)
    } catch (error) {
      log.error({ error: describeError(error) }, 'could not prune deliveries')
    }
    pruning.schedule(PRUNE_INTERVAL_MS)
  }

  /** Sends pending deliveries of one webhook in order, until none is left, one fails, or its turn is over. */
  async function sendPending(lease: Lease): Promise<void> {
    const started = performance.now()
    let delayMs = 0
    try {
      while (!isStopped && performance.now() - started < MAX_TURN_MS) {
        const queried = performance.now()
        const delivery = await nextDelivery(store, lease, policy.timeoutMs + LEASE_MARGIN_MS)
        // After a longer wait the lease may end during the request: another process would send at the same time.
        if (!delivery || performance.now() - queried > LEASE_MARGIN_MS) break
        const attempt = await tryDelivery(delivery)
        if (!attempt) break
        await recordAttempt(store, lease, delivery.position, attempt, leaseMs)
        if (attempt.backoffMs > 0) {
          if (attempt.backoffMs < POLL_INTERVAL_MS) setTimeout(() => schedule(0), attempt.backoffMs).unref()
          break
        }
      }
    } catch (error) {
      delayMs = LOCAL_FAILURE_DELAY_MS
      log.error({ webhook_id: lease.webhook_id, error: describeError(error) }, 'could not send to a webhook')
    }
    // If this fails too, the lease expires.
    await releaseWebhook(store, lease, delayMs).catch(() => {})
  }

  /** One attempt; null: shutdown aborted it, and it does not count. */
  async function tryDelivery(delivery: Delivery): Promise<Attempt | null> {
    const { target, position, attempts } = delivery
    const jurisdiction = catalog().jurisdictions.get(target.jurisdiction_id)
    if (!jurisdiction) throw new Error('the catalog does not have the jurisdiction yet')
    const started = performance.now()
    const response = await post(delivery, jurisdiction)
    if (!response) return SKIPPED_ATTEMPT
    if (shutdown.signal.aborted && response.error) return null
    const ms = elapsedMs(started)
    const context = { format: target.format, attemptNumber: attempts + 1 }
    const attempt = computeAttempt(context, response, policy, Math.random())
    const fields = {
      webhook_id: target.webhook_id,
      position,
      status: response.status,
      error: attempt.error,
      ms,
    }
    if (attempt.isPaused) log.warn(fields, 'webhook paused: the target is gone')
    else if (attempt.state === 'dead') log.warn(fields, 'delivery is a dead letter')
    else log.debug(fields, 'delivery attempted')
    return { ...attempt, durationMs: ms }
  }

  /** Posts a delivery to its target; null: the target may see nothing of it. */
  async function post(delivery: Delivery, jurisdiction: Jurisdiction): Promise<TargetResponse | null> {
    const { webhook_id, url, format } = delivery.target
    let message: Message | null
    try {
      message =
        format === 'standard'
          ? buildStandardMessage(delivery, jurisdiction, new Date())
          : buildFixMyStreetMessage(delivery, jurisdiction)
    } catch (error) {
      log.error(
        { webhook_id, position: delivery.position, error: describeError(error) },
        'could not build a message',
      )
      return UNBUILDABLE_MESSAGE
    }
    return message && client.post(url, message, shutdown.signal)
  }

  const unsubscribe = events.subscribe(() => schedule(0))
  schedule(0)
  pruning.schedule(0)
  return {
    stop: async (timeoutMs) => {
      isStopped = true
      unsubscribe()
      const timer = setTimeout(() => shutdown.abort(), timeoutMs)
      await Promise.all([stop(), pruning.stop()])
      await Promise.all(sending)
      clearTimeout(timer)
      client.close()
    },
  }
}
