import type { Generated, GeneratedAlways } from 'kysely'
import type { Datetime } from '../../standard/datetime.js'
import type { ChangeType, EventKind } from '../../standard/events.js'
import type { Endpoint, Status } from '../../standard/terms.js'
import type { DeliveryState, WebhookFormat } from '../../standard/webhooks.js'

/** Tables of events, webhooks and deliveries. */
export interface EventTables {
  event: EventTable
  event_sequence: EventSequenceTable
  update_author: UpdateAuthorTable
  received_update: ReceivedUpdateTable
  webhook: WebhookTable
  delivery: DeliveryTable
  delivery_attempt: DeliveryAttemptTable
}

interface EventTable {
  event_id: GeneratedAlways<number>
  service_request: number
  jurisdiction_id: string
  endpoint: Endpoint
  kind: EventKind
  change_type: ChangeType | null
  datetime: Datetime
  key_id: number | null
  status: Status
  detailed_status: string | null
  description: string | null
  media_urls: Generated<string[]>
  changes: Generated<Record<string, unknown>>
  update_id: Generated<string>
  position: number | null
  seq: number | null
  published_at: Datetime | null
}

interface EventSequenceTable {
  jurisdiction_id: string
  endpoint: Endpoint
  position: number
  seq: number
}

interface UpdateAuthorTable {
  event_id: number
  email: string | null
  first_name: string | null
  last_name: string | null
  phone: string | null
  account_id: string | null
}

/** The author of an update. */
export type UpdateAuthor = Omit<UpdateAuthorTable, 'event_id'>

interface ReceivedUpdateTable {
  key_id: number
  jurisdiction_id: string
  endpoint: Endpoint
  update_id: string
  event_id: number
}

interface WebhookTable {
  webhook_id: GeneratedAlways<number>
  jurisdiction_id: string
  endpoint: Endpoint
  url: string
  format: WebhookFormat
  service_codes: Generated<string[]>
  areas: Generated<string[]>
  service_request: number | null
  peer_key_id: number | null
  include_private: Generated<boolean>
  secret: string | null
  target_api_key: string | null
  target_jurisdiction_id: string | null
  created_at: Datetime
  paused_at: Datetime | null
  next_attempt_at: Generated<Datetime>
  lease_id: string | null
  leased_until: Datetime | null
  key_id: number | null
}

interface DeliveryTable {
  webhook_id: number
  position: number
  event_id: number
  state: Generated<DeliveryState>
  attempts: Generated<number>
  ended_at: Datetime | null
}

interface DeliveryAttemptTable {
  webhook_id: number
  position: number
  attempt_id: GeneratedAlways<number>
  datetime: Datetime
  status: number | null
  error: string | null
  duration_ms: number
}
