import { Webhook } from 'standardwebhooks'
import type { Row } from '../documents/document.js'
import { presentChange } from '../documents/present-change.js'
import { presentExtendedAttributes } from '../documents/present-extended-attributes.js'
import { webhookMessage } from '../documents/webhook-message.js'
import { compileEncoders } from '../formats/encoders.js'
import type { Jurisdiction } from '../standard/catalog.js'
import { isUuid } from '../standard/events.js'
import type { Delivery } from '../store/events/deliveries.js'

/** What is posted to a target. */
export interface Message {
  headers: Readonly<Record<string, string>>
  body: string
}

const encodeMessage = compileEncoders(webhookMessage).json

/** Whether a target may know the service request as it is now. */
function isVisibleToTarget({ target, event, serviceRequest }: Delivery): boolean {
  return target.sees_private || (event.tells !== 'tombstone' && serviceRequest.visibility === 'public')
}

/** What the kind of an event is called to those who are not told more of it than the public. */
const PUBLIC_KINDS = { create: 'created', change: 'changed', tombstone: 'removed' } as const

/**
 * A delivery in the form of Standard Webhooks (EXT-37), signed. `now` is when it is sent. It tells an entry of the feed of
 * changes (EXT-35), or, to who sees all, the whole event; with it what was said.
 */
export function buildStandardMessage(delivery: Delivery, jurisdiction: Jurisdiction, now: Date): Message {
  const { target, event } = delivery
  const { update_id } = event
  const entry = target.sees_private
    ? presentFullEvent(delivery, jurisdiction)
    : presentPublicEvent(delivery, jurisdiction)
  const body = encodeMessage({
    type: `service_request.${entry.kind ?? PUBLIC_KINDS[event.tells!]}`,
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
      // The same for every attempt: by it a target knows what it has had already.
      'webhook-id': update_id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': new Webhook(target.secret!).sign(update_id, now, body),
    },
    body,
  }
}

function presentPublicEvent(delivery: Delivery, jurisdiction: Jurisdiction): Row {
  const { event, serviceRequest } = delivery
  const { seq, tells, ...rest } = event
  const { service_request_id } = serviceRequest
  const service_request = isVisibleToTarget(delivery) ? serviceRequest : null
  const entry = {
    ...rest,
    seq: seq!,
    change: tells!,
    service_request_id: service_request_id!,
    service_request,
  }
  return presentChange(entry, jurisdiction)
}

function presentFullEvent({ event, serviceRequest }: Delivery, jurisdiction: Jurisdiction): Row {
  const { kind, datetime, told, changes } = event
  const { visibility, service_request_id } = serviceRequest
  return {
    visibility,
    kind,
    service_request_id,
    datetime,
    told,
    changed: Object.keys(changes),
    service_request: presentExtendedAttributes(serviceRequest, jurisdiction),
  }
}

/** What was said with an event, as other updates are told; null: nothing was, or it may not be known. */
function presentUpdate(delivery: Delivery): Row | null {
  const { update_id, kind, status, detailed_status, description, media_urls, changes } = delivery.event
  const isTurn = 'status' in changes || 'detailed_status' in changes
  const isUpdate = kind !== 'created' && (description !== null || isTurn || media_urls.length > 0)
  if (!isUpdate || !isVisibleToTarget(delivery)) return null
  return { update_id, status: detailed_status ?? status, description, media_urls }
}

/** The id under which an update goes round: that of the server where it began, if that gave it one for everybody. */
function chooseUpdateId({ update_id, sent_id }: Delivery['event']): string {
  return sent_id !== null && isUuid(sent_id) ? sent_id : update_id
}

/**
 * A delivery as the update that FixMyStreet and its kin take at `servicerequestupdates` (contract 4.3); null: it is no
 * longer public, and nothing is said of it.
 */
export function buildFixMyStreetMessage(delivery: Delivery, jurisdiction: Jurisdiction): Message | null {
  if (!isVisibleToTarget(delivery)) return null
  const { target, event, serviceRequest } = delivery
  const status = event.detailed_status ?? event.status
  const body = new URLSearchParams([
    ['api_key', target.target_key!],
    ...(target.target_jurisdiction_id === null ? [] : [['jurisdiction_id', target.target_jurisdiction_id]]),
    ['service_request_id', serviceRequest.service_request_id!],
    ['update_id', chooseUpdateId(event)],
    ['updated_datetime', event.datetime],
    ['status', status.toUpperCase()],
    // FixMyStreet refuses an update that says nothing.
    ['description', event.description || (jurisdiction.statuses.get(status)?.name ?? status)],
    ...event.media_urls.map((url) => ['media_url', url]),
  ])
  return { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: body.toString() }
}
