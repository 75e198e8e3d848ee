import { type RawBuilder, sql } from 'kysely'
import type { ExtendedServiceRequest } from '../../documents/rows.js'
import type { Datetime } from '../../standard/datetime.js'
import type { ChangeType, EventKind } from '../../standard/events.js'
import type { Status, Visibility } from '../../standard/terms.js'
import type { WebhookFormat } from '../../standard/webhooks.js'
import { queryBuilder, type Store } from '../database/database.js'
import { PreparedStatement, param } from '../database/prepared-statement.js'
import { selectNotes } from '../service-requests/notes.js'
import { type EndpointScope, selectPublicFields } from '../service-requests/public-service-requests.js'
import type { Lease } from './webhook-leases.js'

/** The target of a webhook; see table webhook in test/store/schema.sql. */
export interface Target extends EndpointScope {
  webhook_id: number
  url: string
  format: WebhookFormat
  include_private: boolean
  secret: string | null
  target_api_key: string | null
  target_jurisdiction_id: string | null
}

/** A delivery: an event, and its service request in its current state. */
export interface Delivery {
  position: number
  attempts: number
  target: Target
  event: {
    kind: EventKind
    change_type: ChangeType | null
    seq: number | null
    datetime: Datetime
    published_at: Datetime
    /** The column `event.changes`. */
    changes: Readonly<Record<string, unknown>>
    update_id: string
    /** Id of a received update at its sender; null: not received, or without id. */
    sent_id: string | null
    status: Status
    detailed_status: string | null
    description: string | null
    media_urls: string[]
  }
  serviceRequest: ExtendedServiceRequest & { visibility: Visibility; service_request_id: string | null }
}

const EVENT_FIELDS = {
  kind: sql.ref('e.kind'),
  change_type: sql.ref('e.change_type'),
  seq: sql.ref('e.seq'),
  datetime: sql.ref('e.datetime'),
  update_id: sql.ref('e.update_id'),
  sent_id: sql`(select u.update_id from received_update as u where u.event_id = e.event_id limit 1)`,
  status: sql.ref('e.status'),
  detailed_status: sql.ref('e.detailed_status'),
  description: sql.ref('e.description'),
  media_urls: sql.ref('e.media_urls'),
  published_at: sql.ref('e.published_at'),
  changes: sql.ref('e.changes'),
} satisfies Record<keyof Delivery['event'], RawBuilder<unknown>>

type NextPlan = Lease & { requiredMs: number }

// The state is a literal: the plan is made once and needs the partial index.
const nextStatement = new PreparedStatement<NextPlan>(
  selectPublicFields(queryBuilder, true)
    .select(['r.visibility', selectNotes('r.id').as('notes')])
    .innerJoin('event as e', 'e.service_request', 'r.id')
    .innerJoin('delivery as d', 'd.event_id', 'e.event_id')
    .innerJoin('webhook as w', 'w.webhook_id', 'd.webhook_id')
    .where(
      'd.webhook_id',
      '=',
      param((plan: NextPlan) => plan.webhook_id),
    )
    .where('d.state', '=', sql.lit('pending'))
    .where(
      'w.lease_id',
      '=',
      param((plan: NextPlan) => plan.lease_id),
    )
    .where(
      'w.leased_until',
      '>=',
      sql<Datetime>`now() + ${param((plan: NextPlan) => plan.requiredMs)}::float8 * interval '1 millisecond'`,
    )
    .where('w.paused_at', 'is', null)
    .select(['d.position', 'd.attempts'])
    .select(['w.webhook_id', 'w.jurisdiction_id', 'w.endpoint', 'w.url', 'w.format', 'w.include_private'])
    .select(['w.secret', 'w.target_api_key', 'w.target_jurisdiction_id'])
    .select(Object.entries(EVENT_FIELDS).map(([name, field]) => field.as(`event_${name}`)))
    .orderBy('d.position')
    .limit(sql.lit(1)),
)

/**
 * Returns the oldest pending delivery. Undefined if there is none, if the webhook is paused or
 * removed, or if the lease does not last for another `requiredMs`.
 */
export async function nextDelivery(
  store: Store,
  lease: Lease,
  requiredMs: number,
): Promise<Delivery | undefined> {
  const [row] = await nextStatement.run<DeliveryRow>(store, { ...lease, requiredMs })
  return row && toDelivery(row)
}

type DeliveryRow = Target & Pick<Delivery, 'position' | 'attempts'> & Record<string, unknown>

function toDelivery(row: DeliveryRow): Delivery {
  const { position, attempts, webhook_id, jurisdiction_id, endpoint, url, format, include_private } = row
  const { secret, target_api_key, target_jurisdiction_id, ...rest } = row
  const event = Object.fromEntries(Object.keys(EVENT_FIELDS).map((name) => [name, rest[`event_${name}`]]))
  return {
    position,
    attempts,
    target: {
      webhook_id,
      jurisdiction_id,
      endpoint,
      url,
      format,
      include_private,
      secret,
      target_api_key,
      target_jurisdiction_id,
    },
    event: event as unknown as Delivery['event'],
    serviceRequest: rest as unknown as Delivery['serviceRequest'],
  }
}
