import type { Jurisdiction } from '../standard/catalog.js'
import type { EventKind } from '../standard/events.js'
import type { Row } from './document.js'
import { presentExtendedAttributes } from './present-extended-attributes.js'
import type { Change } from './rows.js'

/**
 * Event kinds published per change type. Other kinds would reveal that something was hidden or erased.
 */
const PUBLIC_KINDS: Readonly<Record<Change['change_type'], ReadonlySet<EventKind>>> = {
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

/** Recorded change -> public fields. Answers are left out, because most attributes are private. */
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
 * EXT-35: presents an entry of the change feed with the current service request. If the service request
 * is not public now, the entry has only its sequence number, type, id and time. Internal events are never
 * presented.
 */
export function presentChange(entry: Change, jurisdiction: Jurisdiction): Row {
  const { seq, change_type, kind, service_request_id, datetime, published_at, changes, service_request } =
    entry
  const common = { seq, change_type, service_request_id, datetime }
  if (!service_request) return { ...common, service_request: null }
  // `duplicate_of` is null if the original is not public: then the merge must not show either.
  const isDuplicate = service_request.duplicate_of !== null
  const changedNames = Object.keys(changes).filter((name) => isDuplicate || name !== 'duplicate_of')
  const publicKind = kind === 'merged' && !isDuplicate ? 'changed' : kind
  return {
    ...common,
    kind: PUBLIC_KINDS[change_type].has(publicKind) ? publicKind : undefined,
    published_at,
    changed: change_type === 'change' ? changedNames.flatMap((name) => PUBLIC_FIELDS[name] ?? []) : undefined,
    service_request: presentExtendedAttributes(service_request, jurisdiction),
  }
}
