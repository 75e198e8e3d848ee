import type { DetailedStatus } from './catalog.js'

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
export const TELLINGS = ['create', 'change', 'tombstone'] as const
export type Telling = (typeof TELLINGS)[number]

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
