import type { Datetime } from '../standard/datetime.js'
import type { ChangeType, EventKind } from '../standard/events.js'
import type { Status } from '../standard/terms.js'
import type { Row } from './document.js'

/** A service request as the store returns it, with the fields of the extensions (EXT-19). */
export type ExtendedServiceRequest = Row & {
  service_code: string
  status: Status
  status_notes: string | null
  detailed_status: string | null
  requested_datetime: Datetime
  closed_datetime: Datetime | null
  duplicate_of: string | null
  media_urls: string[]
  area_ids: number[]
  answers: Record<string, string[]>
  /** null: withheld. */
  notes: NoteEvent[] | null
}

/** The public fields of an event of a service request (EXT-34). */
export interface NoteEvent {
  kind: EventKind
  datetime: Datetime
  /** Status after the event. */
  status: Status
  detailed_status: string | null
  /** True if the event opened or closed the service request. */
  isStatusChange: boolean
  /** The new agency or service; null: unchanged. */
  agency_responsible: string | null
  service_code: string | null
  description: string | null
}

/** An entry of the change feed (EXT-35). */
export interface Change {
  seq: number
  change_type: ChangeType
  kind: EventKind
  service_request_id: string
  datetime: Datetime
  published_at: Datetime
  /** The column `event.changes`. */
  changes: Readonly<Record<string, unknown>>
  /** Current state; null: not public now. */
  service_request: ExtendedServiceRequest | null
}
