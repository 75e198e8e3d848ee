import type { DetailedStatus } from './catalog.js'
import type { Status } from './terms.js'

/** What can happen to a service request; see migrations/0005. */
export const EVENT_KINDS = [
  'created',
  'resolved',
  'noted',
  'status',
  'closed',
  'reopened',
  'merged',
  'reclassified',
  'assigned',
  'media',
  'published',
  'hidden',
  'changed',
  'redacted',
  'erased',
] as const
export type EventKind = (typeof EVENT_KINDS)[number]

/** What an event means to those who know only what is public. */
export const CHANGE_TYPES = ['create', 'change', 'tombstone'] as const
export type ChangeType = (typeof CHANGE_TYPES)[number]

/** The words of FixMyStreet (contract 4.3), which a jurisdiction has if it names none of its own. */
export const DEFAULT_STATUSES: ReadonlyMap<string, DetailedStatus> = new Map(
  (
    [
      ['open', 'Open', 'open'],
      ['for_triage', 'For triage', 'open'],
      ['investigating', 'Investigating', 'open'],
      ['planned', 'Planned', 'open'],
      ['action_scheduled', 'Action scheduled', 'open'],
      ['in_progress', 'In progress', 'open'],
      ['internal_referral', 'Internal referral', 'open'],
      ['closed', 'Closed', 'closed'],
      ['fixed', 'Fixed', 'closed'],
      ['duplicate', 'Duplicate', 'closed'],
      ['not_councils_responsibility', 'Not our responsibility', 'closed'],
      ['no_further_action', 'No further action', 'closed'],
      ['cancelled', 'Cancelled', 'closed'],
    ] as const
  ).map(([code, name, status]) => [code, { code, name, status }]),
)

/** What a status word of an update means here: what becomes of the status, and of the word for it. */
export interface StatusMeaning {
  status: Status
  /** null: just open or closed. */
  detailed_status: string | null
}

/** Words that mean another one. */
const SYNONYMS: Readonly<Record<string, string>> = {
  reopen: 'open',
  confirmed: 'open',
  fixed_council: 'fixed',
  fixed_user: 'fixed',
  not_responsible: 'not_councils_responsibility',
}

/**
 * The meaning of a status word as FixMyStreet and others write it (contract 4.3): in any case, with blanks or dashes.
 * `unchanged` means null; undefined: nobody knows the word.
 */
export function parseStatusWord(
  word: string,
  statuses: ReadonlyMap<string, DetailedStatus>,
): StatusMeaning | null | undefined {
  const plain = word
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
  if (plain === 'unchanged') return null
  const code = statuses.has(plain) ? plain : (SYNONYMS[plain] ?? plain)
  if (code === 'open' || code === 'closed') return { status: code, detailed_status: null }
  const own = statuses.get(code)
  if (own) return { status: own.status, detailed_status: code }
  const known = DEFAULT_STATUSES.get(code)
  return known && { status: known.status, detailed_status: null }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Whether an id of an update means the same update wherever it is met; others count from 1 at every sender. */
export function isUuid(update_id: string): boolean {
  return UUID.test(update_id)
}
