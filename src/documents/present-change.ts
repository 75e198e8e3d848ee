import type { Jurisdiction } from '../standard/catalog.js'
import type { EventKind } from '../standard/events.js'
import type { Row } from './document.js'
import { presentExtendedAttributes } from './present-extended-attributes.js'
import type { Change } from './rows.js'

/** Of what is new to the public, and of what it knows: other kinds tell of what was hidden, or had to go. */
const PUBLIC_KINDS: Readonly<Record<Change['change'], ReadonlySet<EventKind>>> = {
  create: new Set(['created', 'resolved']),
  change: new Set([
    'noted',
    'status',
    'closed',
    'reopened',
    'merged',
    'reclassified',
    'assigned',
    'media',
    'changed',
  ]),
  tombstone: new Set(),
}

/** The public fields of what a change is recorded of. Answers are not among them: most of them are nobody's business. */
const PUBLIC_FIELDS: Readonly<Record<string, readonly string[]>> = {
  service_code: ['service_code', 'service_name'],
  status: ['status'],
  detailed_status: ['detailed_status'],
  closing_reason: ['closing_reason'],
  duplicate_of: ['duplicate_of'],
  status_notes: ['status_notes'],
  description: ['description'],
  agency_responsible: ['agency_responsible'],
  service_notice: ['service_notice'],
  requested_datetime: ['requested_datetime'],
  expected_datetime: ['expected_datetime'],
  closed_datetime: ['closed_datetime'],
  address: ['address', 'address_id', 'zipcode'],
  place: ['lat', 'long'],
  media_urls: ['media_url', 'media_urls'],
  channel: ['channel'],
}

/**
 * EXT-35: an entry of the feed of changes, with its service request as it is now. Of one that is not public now it tells
 * no more than that there was something. What happened inside is never in it.
 */
export function presentChange(entry: Change, city: Jurisdiction): Row {
  const { seq, change, kind, service_request_id, datetime, told, changes, service_request } = entry
  const always = { seq, change, service_request_id, datetime }
  if (!service_request) return { ...always, service_request: null }
  // Of what it duplicates nothing is said but what can be seen: it may be hidden.
  const isDuplicate = service_request.duplicate_of !== null
  const names = isDuplicate
    ? Object.keys(changes)
    : Object.keys(changes).filter((name) => name !== 'duplicate_of')
  const known = kind === 'merged' && !isDuplicate ? 'changed' : kind
  return {
    ...always,
    kind: PUBLIC_KINDS[change].has(known) ? known : undefined,
    told,
    changed: change === 'change' ? names.flatMap((name) => PUBLIC_FIELDS[name] ?? []) : undefined,
    service_request: presentExtendedAttributes(service_request, city),
  }
}
