import type { WebhookForm } from '../standard/webhooks.js'
import type { Attempt } from '../store/events/deliveries.js'
import { redactResponse } from './recorded-response.js'

/** What was heard from a target. */
export interface TargetResponse {
  /** Of HTTP; null: there was no answer. */
  status: number | null
  /** The beginning of the answer. */
  text: string
  /** Why there was no answer, in words of ours; null: there was one. */
  error: string | null
}

/**
 * What an answer means. `unknown`: the target does not know the service request, and hardly will; `gone`: it wants to hear
 * nothing more.
 */
export type DeliveryOutcome = 'delivered' | 'failed' | 'unknown' | 'gone'

const UPDATE_ID = /<(update_id|token)>\s*[^<\s]|"(update_id|token)"\s*:\s*("[^"]|\d)/

/** Whether a target took what it was sent (EXT-37). Redirects are not followed: they are failures. */
export function classifyResponse(form: WebhookForm, { status, text }: TargetResponse): DeliveryOutcome {
  if (status === null) return 'failed'
  if (status === 410) return 'gone'
  const isTaken = status >= 200 && status < 300
  if (form === 'standard') return isTaken ? 'delivered' : 'failed'
  // Contract 4.3: the id of the update is the receipt; what came before is refused, and is there.
  if (isTaken) return UPDATE_ID.test(text) ? 'delivered' : 'failed'
  if (status === 400 && /already exists/i.test(text)) return 'delivered'
  if ((status === 400 || status === 404) && /not (be )?found/i.test(text)) return 'unknown'
  return 'failed'
}

/** Milliseconds: no target rests longer. */
const MAX_BACKOFF_MS = 6 * 3_600_000
/** Attempts, if the target does not know the service request: it may be about to. */
const MAX_UNKNOWN_ATTEMPTS = 3

const DELIVERED = {
  state: 'delivered',
  status: null,
  error: null,
  milliseconds: 0,
  backoffMs: 0,
  isPaused: false,
} as const

/** Nothing was left to be sent. */
export const VOID_ATTEMPT: Attempt = { ...DELIVERED, state: 'void' }

/** What was there cannot be put into a message. It is an attempt as any other: what follows shall not wait for ever. */
export const UNBUILDABLE_MESSAGE: TargetResponse = {
  status: null,
  text: '',
  error: 'the message could not be made',
}

/** A delivery that was tried. */
export interface AttemptContext {
  form: WebhookForm
  /** This one included. */
  attempts: number
  /** What an answer may not repeat, if it is to be kept. */
  sent: readonly string[]
}

/**
 * What follows from what was heard after so many attempts: a target that failed rests, `retryAfter` milliseconds and twice
 * as long each time, by up to a quarter more or less, lest all that failed together come together (`random` is from 0 to 1).
 * After `attempts` failures a delivery is dead, and its followers, which are not to blame, go on at once.
 */
export function computeAttempt(
  { form, attempts, sent }: AttemptContext,
  heard: TargetResponse,
  rules: { attempts: number; retryAfter: number },
  random: number,
): Omit<Attempt, 'milliseconds'> {
  const { status } = heard
  const verdict = classifyResponse(form, heard)
  if (verdict === 'delivered') return { ...DELIVERED, status }
  const fault = heard.error ?? redactResponse(heard.text, sent)
  if (verdict === 'gone') return { state: 'waiting', status, error: fault, backoffMs: 0, isPaused: true }
  const most = verdict === 'unknown' ? Math.min(MAX_UNKNOWN_ATTEMPTS, rules.attempts) : rules.attempts
  if (attempts >= most) return { state: 'dead', status, error: fault, backoffMs: 0, isPaused: false }
  const rest = Math.min(MAX_BACKOFF_MS, rules.retryAfter * 2 ** (attempts - 1)) * (0.75 + random / 2)
  return { state: 'waiting', status, error: fault, backoffMs: rest, isPaused: false }
}
