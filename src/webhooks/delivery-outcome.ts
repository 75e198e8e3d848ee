import type { WebhookFormat } from '../standard/webhooks.js'
import type { Attempt } from '../store/events/webhook-leases.js'

/** The response of a target, or why there is none. */
export interface TargetResponse {
  /** HTTP status; null: no response. */
  status: number | null
  /** Beginning of the body. It classifies the response and is never recorded (EXT-37). */
  text: string
  /** Why there is no response, such as `TIMEOUT` or `ECONNREFUSED`; null: there is one. */
  error: string | null
}

/**
 * `not_found`: the target does not know the service request. `gone`: the target accepts no more deliveries, and its webhook
 * is paused.
 */
export type DeliveryOutcome = 'delivered' | 'failed' | 'not_found' | 'gone'

const UPDATE_ID = /<(update_id|token)>\s*[^<\s]|"(update_id|token)"\s*:\s*("[^"]|\d)/

/** Classifies a response (EXT-37). Redirects are failures. */
export function classifyResponse(format: WebhookFormat, { status, text }: TargetResponse): DeliveryOutcome {
  if (status === null) return 'failed'
  if (status === 410) return 'gone'
  const isSuccess = status >= 200 && status < 300
  if (format === 'standard') return isSuccess ? 'delivered' : 'failed'
  // Contract 4.3: the update_id is the receipt. A duplicate is refused, and counts as delivered.
  if (isSuccess) return UPDATE_ID.test(text) ? 'delivered' : 'failed'
  if (status === 400 && /already exists/i.test(text)) return 'delivered'
  if ((status === 400 || status === 404) && /not (be )?found/i.test(text)) return 'not_found'
  return 'failed'
}

/** The entry in the delivery log: our own words, because the text of a target may repeat personal data (EXT-37). */
function describeFailure(outcome: DeliveryOutcome, { status, error }: TargetResponse): string {
  if (status === null) return error ?? 'no response'
  if (outcome === 'gone') return 'gone: the webhook is paused'
  if (outcome === 'not_found') return 'unknown service request'
  if (status < 300) return 'no update_id in the response'
  if (status < 400) return 'redirects are not followed'
  return status < 500 ? 'refused' : 'server error'
}

const MAX_BACKOFF_MS = 6 * 3_600_000
/** The service request may reach the target soon after its first update. */
const MAX_NOT_FOUND_ATTEMPTS = 3

/** Exponential backoff: doubles per attempt, capped at 6 h, ±25 % jitter. `random` is from 0 to 1. */
export function computeBackoffMs(attemptNumber: number, firstBackoffMs: number, random: number): number {
  return Math.min(MAX_BACKOFF_MS, firstBackoffMs * 2 ** (attemptNumber - 1)) * (0.75 + random / 2)
}

const DELIVERED = {
  state: 'delivered',
  status: null,
  error: null,
  durationMs: 0,
  backoffMs: 0,
  isPaused: false,
} as const

/** The event has nothing that the target may see. */
export const SKIPPED_ATTEMPT: Attempt = { ...DELIVERED, state: 'skipped' }

/** A message that cannot be built counts as a failed attempt: it must not block later deliveries forever. */
export const UNBUILDABLE_MESSAGE: TargetResponse = {
  status: null,
  text: '',
  error: 'could not build the message',
}

/** The delivery that an attempt belongs to. */
export interface AttemptContext {
  format: WebhookFormat
  /** From 1. */
  attemptNumber: number
}

/**
 * Decides what follows an attempt: delivered; retry after a backoff; dead letter after `maxAttempts` failures; or pause the
 * webhook. After a dead letter the next delivery is sent at once.
 */
export function computeAttempt(
  { format, attemptNumber }: AttemptContext,
  response: TargetResponse,
  policy: { maxAttempts: number; firstBackoffMs: number },
  random: number,
): Omit<Attempt, 'durationMs'> {
  const { status } = response
  const outcome = classifyResponse(format, response)
  if (outcome === 'delivered') return { ...DELIVERED, status }
  const failure = {
    state: 'pending',
    status,
    error: describeFailure(outcome, response),
    backoffMs: 0,
    isPaused: false,
  } as const
  if (outcome === 'gone') return { ...failure, isPaused: true }
  const maxAttempts =
    outcome === 'not_found' ? Math.min(MAX_NOT_FOUND_ATTEMPTS, policy.maxAttempts) : policy.maxAttempts
  if (attemptNumber >= maxAttempts) return { ...failure, state: 'dead' }
  return { ...failure, backoffMs: computeBackoffMs(attemptNumber, policy.firstBackoffMs, random) }
}
