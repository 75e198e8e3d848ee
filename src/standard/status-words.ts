import type { DetailedStatus } from './catalog.js'
import type { Status } from './terms.js'

/** The status words of FixMyStreet (EXT-30): the default of a jurisdiction that defines none. */
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

/** The status and detailed status that a status word stands for. */
export interface StatusMeaning {
  status: Status
  /** null: the status has no detail. */
  detailed_status: string | null
}

/** Status words of other systems, and the word of DEFAULT_STATUSES for each. */
const SYNONYMS: Readonly<Record<string, string>> = {
  reopen: 'open',
  confirmed: 'open',
  fixed_council: 'fixed',
  fixed_user: 'fixed',
  not_responsible: 'not_councils_responsibility',
}

/**
 * Parses a status word as FixMyStreet and others write it (EXT-33): case, spaces and dashes do not
 * matter. Returns null for `unchanged`, undefined for an unknown word. A word that only DEFAULT_STATUSES
 * has gives no detail.
 */
export function parseStatusWord(
  word: string,
  statuses: ReadonlyMap<string, DetailedStatus>,
): StatusMeaning | null | undefined {
  const normalized = word
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
  if (normalized === 'unchanged') return null
  const code = statuses.has(normalized) ? normalized : (SYNONYMS[normalized] ?? normalized)
  if (code === 'open' || code === 'closed') return { status: code, detailed_status: null }
  const own = statuses.get(code)
  if (own) return { status: own.status, detailed_status: code }
  const known = DEFAULT_STATUSES.get(code)
  return known && { status: known.status, detailed_status: null }
}
