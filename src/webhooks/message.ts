import { Webhook } from 'standardwebhooks'
import type { Row } from '../documents/document.js'
import { presentChange } from '../documents/present-change.js'
import { presentExtendedAttributes } from '../documents/present-extended-attributes.js'
import { webhookMessage } from '../documents/webhook-message.js'
import { compileEncoders } from '../formats/encoders.js'
import type { Jurisdiction } from '../standard/catalog.js'
import { isUuid } from '../standard/events.js'
import type { Delivery } from '../store/events/deliveries.js'

/** Headers and body of a request to a target. */
export interface Message {
  headers: Readonly<Record<string, string>>
  body: string
}

const encodeMessage = compileEncoders(webhookMessage).json

/** Whether the target may see the current state of the service request. */
function isVisibleToTarget({ target, event, serviceRequest }: Delivery): boolean {
  return (
    target.include_private || (event.change_type !== 'tombstone' && serviceRequest.visibility === 'public')
  )
}

/** The kind in `type` if the kind of the event is not public. */
const PUBLIC_KINDS = { create: 'created', change: 'changed', tombstone: 'removed' } as const

/**
 * Builds a signed message in the format of Standard Webhooks (EXT-37), with an entry of the change feed (EXT-35) or, with
 * include_private, the full event; and with its update. `now` is the time of sending.
 */
export function buildStandardMessage(delivery: Delivery, jurisdiction: Jurisdiction, now: Date): Message {
  const { target, event } = delivery
  const { update_id } = event
  const entry = target.include_private
    ? presentFullEvent(delivery, jurisdiction)
    : presentPublicEvent(delivery, jurisdiction)
  const body = encodeMessage({
    type: `service_request.${entry.kind ?? PUBLIC_KINDS[event.change_type!]}`,
    timestamp: event.datetime,
    data: {
      jurisdiction_id: target.jurisdiction_id,
      endpoint: target.endpoint,
      ...entry,
      update: presentUpdate(delivery),
    },
  }).join('')
  return {
    headers: {
      'content-type': 'application/json',
      // Equal for all attempts, so that targets can ignore duplicates.
      'webhook-id': update_id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': new Webhook(target.secret!).sign(update_id, now, body),
    },
    body,
  }
}

function presentPublicEvent(delivery: Delivery, jurisdiction: Jurisdiction): Row {
  const { event, serviceRequest } = delivery
  const { seq, change_type, ...rest } = event
  const { service_request_id } = serviceRequest
  const service_request = isVisibleToTarget(delivery) ? serviceRequest : null
  const entry = {
    ...rest,
    seq: seq!,
    change_type: change_type!,
    service_request_id: service_request_id!,
    service_request,
  }
  return presentChange(entry, jurisdiction)
}

function presentFullEvent({ event, serviceRequest }: Delivery, jurisdiction: Jurisdiction): Row {
  const { kind, datetime, published_at, changes } = event
  const { visibility, service_request_id } = serviceRequest
  return {
    visibility,
    kind,
    service_request_id,
    datetime,
    published_at,
    changed: Object.keys(changes),
    service_request: presentExtendedAttributes(serviceRequest, jurisdiction),
  }
}

/** The update of an event; null if it has none, or if the target may not see it. */
function presentUpdate(delivery: Delivery): Row | null {
  const { update_id, kind, status, detailed_status, description, media_urls, changes } = delivery.event
  const isStatusChange = 'status' in changes || 'detailed_status' in changes
  const isUpdate = kind !== 'created' && (description !== null || isStatusChange || media_urls.length > 0)
  if (!isUpdate || !isVisibleToTarget(delivery)) return null
  return { update_id, status: detailed_status ?? status, description, media_urls }
}

/** Returns the update_id of the server where the update originated, if it is globally unique; else ours. */
function chooseUpdateId({ update_id, sent_id }: Delivery['event']): string {
  return sent_id !== null && isUuid(sent_id) ? sent_id : update_id
}

/**
 * Builds an update for the `servicerequestupdates` of FixMyStreet and compatible servers (EXT-37); null if the
 * service request is no longer public.
 */
export function buildFixMyStreetMessage(delivery: Delivery, jurisdiction: Jurisdiction): Message | null {
  if (!isVisibleToTarget(delivery)) return null
  const { target, event, serviceRequest } = delivery
  const status = event.detailed_status ?? event.status
  const body = new URLSearchParams([
    ['api_key', target.target_api_key!],
    ...(target.target_jurisdiction_id === null ? [] : [['jurisdiction_id', target.target_jurisdiction_id]]),
    ['service_request_id', serviceRequest.service_request_id!],
    ['update_id', chooseUpdateId(event)],
    ['updated_datetime', event.datetime],
    ['status', status.toUpperCase()],
    // FixMyStreet refuses an update without a description.
    ['description', event.description || (jurisdiction.statuses.get(status)?.name ?? status)],
    ...event.media_urls.map((url) => ['media_url', url]),
  ])
  return { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: body.toString() }
}
