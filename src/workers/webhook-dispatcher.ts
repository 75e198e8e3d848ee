import { randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { faultOf, type Log, millisecondsSince } from '../log.js'
import type { Catalog, Jurisdiction } from '../standard/catalog.js'
import type { Store } from '../store/database/database.js'
import {
  type Attempt,
  type Claim,
  claimWebhooks,
  type Delivery,
  forgetDeliveries,
  namesPeople,
  nextDelivery,
  recordAttempt,
  releaseWebhook,
} from '../store/events/deliveries.js'
import { attemptOf, type Heard, UNMADE, VOID } from '../webhooks/delivery-outcome.js'
import { openPoster } from '../webhooks/http-client.js'
import { fixmystreetMessage, type Message, standardMessage } from '../webhooks/message.js'
import { plain, sentWith, WITHHELD } from '../webhooks/recorded-response.js'
import type { EventWorker } from './event-sequencer.js'
import { repeating } from './periodic-task.js'

/** Sends what webhooks wait for. */
export interface WebhookWorker {
  /** Ends after what is being sent; what is not answered in `timeout` milliseconds is cut, and sent again some day. */
  stop(timeout: number): Promise<void>
}

/** Milliseconds, targets at once, days. */
export interface WebhookRules {
  allowPrivate: boolean
  timeout: number
  attempts: number
  retryAfter: number
  concurrency: number
  logDays: number
}

/** What the worker needs from outside. */
export interface WebhookParts {
  store: Store
  catalog(): Catalog
  events: Pick<EventWorker, 'hear'>
  log: Log
  rules: WebhookRules
}

/** Milliseconds between looks for what nobody told of: claims that ended, rests that are over, what was resumed. */
const LOOK_EVERY = 1000
/** Milliseconds that a target is sent to before others have their turn. */
const TURN = 5000
/** Milliseconds that the database and we ourselves may take before something is sent, and again after it. */
const SPARE = 2000
/** Milliseconds until something is tried again that failed here, not at a target. */
const MEND = 5000
/** Milliseconds between two looks for what may be forgotten. */
const FORGET_EVERY = 3_600_000

/** Sends, again and again until `stop` (EXT-37). Any number of processes may do so: each webhook is sent to by one of them. */
export function startWebhookWorker({ store, catalog, events, log, rules }: WebhookParts): WebhookWorker {
  const poster = openPoster(rules)
  const cut = new AbortController()
  const lease = rules.timeout + 2 * SPARE
  const sending = new Set<Promise<void>>()
  let isStopped = false
  let isFailing = false
  const { plan, stop } = repeating(look)
  const forgetting = repeating(forget)

  async function look(): Promise<void> {
    const most = rules.concurrency - sending.size
    try {
      if (isStopped || most <= 0) return
      const claim = randomUUID()
      for (const webhook_id of await claimWebhooks(store, { claim, most, lease })) {
        const sent = send({ webhook_id, claim }).finally(() => {
          sending.delete(sent)
          plan(0)
        })
        sending.add(sent)
      }
      isFailing = false
    } catch (error) {
      if (!isFailing) log.error({ fault: faultOf(error) }, 'webhooks could not be looked for')
      isFailing = true
    } finally {
      plan(LOOK_EVERY)
    }
  }

  /** By itself: nothing that is to be sent waits for it. */
  async function forget(): Promise<void> {
    try {
      await forgetDeliveries(store, rules.logDays, () => isStopped)
    } catch (error) {
      log.error({ fault: faultOf(error) }, 'deliveries could not be forgotten')
    }
    forgetting.plan(FORGET_EVERY)
  }

  /** Sends what one webhook waits for, one after the other, until there is nothing left, one fails, or its turn is over. */
  async function send(claim: Claim): Promise<void> {
    const started = performance.now()
    let rest = 0
    try {
      while (!isStopped && performance.now() - started < TURN) {
        const asked = performance.now()
        const delivery = await nextDelivery(store, claim, rules.timeout + SPARE)
        // Whoever was held up here for long could send at the same time as another, and an old one after a newer one.
        if (!delivery || performance.now() - asked > SPARE) break
        const attempt = await tryOnce(delivery)
        if (!attempt) break
        await recordAttempt(store, claim, delivery.position, attempt, lease)
        if (attempt.rest > 0) {
          // Sooner than the next look.
          if (attempt.rest < LOOK_EVERY) setTimeout(() => plan(0), attempt.rest).unref()
          break
        }
      }
    } catch (error) {
      rest = MEND
      log.error({ webhook_id: claim.webhook_id, fault: faultOf(error) }, 'a webhook could not be sent to')
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
    if (!heard) return VOID
    if (cut.signal.aborted && heard.fault) return null
    const milliseconds = millisecondsSince(started)
    const tried = { form: target.form, attempts: delivery.attempts + 1, sent: sentWith(delivery) }
    const attempt = attemptOf(tried, heard, rules, Math.random())
    const { status } = heard
    const answered = status !== null && attempt.fault
    if (answered && (await namesPeople(store, delivery, plain(answered)))) attempt.fault = WITHHELD
    const { webhook_id } = target
    const line = { webhook_id, position: delivery.position, status, fault: heard.fault, ms: milliseconds }
    if (attempt.isPaused) log.warn(line, 'a target is gone')
    else if (attempt.state === 'dead') log.warn(line, 'a delivery is dead')
    else log.debug(line, 'sent')
    return { ...attempt, milliseconds }
  }

  /** What is heard when a target is told of a delivery; null: there is nothing left to tell. */
  async function tell(delivery: Delivery, jurisdiction: Jurisdiction): Promise<Heard | null> {
    const { webhook_id, url, form } = delivery.target
    let message: Message | null
    try {
      message =
        form === 'standard'
          ? standardMessage(delivery, jurisdiction, new Date())
          : fixmystreetMessage(delivery, jurisdiction)
    } catch (error) {
      log.error(
        { webhook_id, position: delivery.position, fault: faultOf(error) },
        'a message could not be made',
      )
      return UNMADE
    }
    return message && poster.post(url, message, cut.signal)
  }

  const deaf = events.hear(() => plan(0))
  plan(0)
  forgetting.plan(0)
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
