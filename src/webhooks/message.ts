import { Webhook } from 'standardwebhooks'
import { webhookMessage } from '../documents/webhook-message.js'
import { compileWriters } from '../formats/writers.js'
import { extend } from '../operations/extended-attributes.js'
import type { Jurisdiction } from '../standard/catalog.js'
import type { Delivery } from '../store/deliveries.js'

/** What is posted to a target. */
export interface Message {
  headers: Readonly<Record<string, string>>
  body: string
}

const write = compileWriters(webhookMessage).json

/** Whether a target may know the service request as it is now. */
export function isShown({ target, event, serviceRequest }: Delivery): boolean {
  return target.sees_private || (event.tells !== 'tombstone' && serviceRequest.visibility === 'public')
}

/**
 * A delivery in the form of Standard Webhooks (EXT-37), signed. `now` is when it is sent. The service request is told as `GET
 * requests/{id}?extensions=true` shows it; null: it is no longer public, and neither is what was said with the event.
 */
export function standardMessage(delivery: Delivery, jurisdiction: Jurisdiction, now: Date): Message {
  const { target, event, serviceRequest } = delivery
  const { kind, tells, datetime, update_id } = event
  const shown = isShown(delivery)
  const body = write({
    type: `service_request.${kind}`,
    timestamp: datetime,
    data: {
      jurisdiction_id: target.jurisdiction_id,
      endpoint: target.endpoint,
      seq: target.sees_private ? undefined : event.seq,
      tells,
      kind,
      datetime,
      service_request_id: serviceRequest.service_request_id,
      visibility: target.sees_private ? serviceRequest.visibility : undefined,
      changed: event.changed,
      update:
        shown && kind !== 'created'
          ? {
              update_id,
              status: event.detailed_status ?? event.status,
              description: event.description,
              media_urls: event.media_urls,
            }
          : null,
      service_request: shown ? extend(serviceRequest, jurisdiction) : null,
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

/**
 * A delivery as the update that FixMyStreet and its kin take at `servicerequestupdates` (contract 4.3); null: it is no
 * longer public, and nothing is said of it.
 */
export function fixmystreetMessage(delivery: Delivery, jurisdiction: Jurisdiction): Message | null {
  if (!isShown(delivery)) return null
  const { target, event, serviceRequest } = delivery
  const status = event.detailed_status ?? event.status
  const body = new URLSearchParams([
    ['api_key', target.target_key!],
    ...(target.target_jurisdiction_id === null ? [] : [['jurisdiction_id', target.target_jurisdiction_id]]),
    ['service_request_id', serviceRequest.service_request_id!],
    ['update_id', event.update_id],
    ['updated_datetime', event.datetime],
    ['status', status.toUpperCase()],
    // FixMyStreet refuses an update that says nothing.
    ['description', event.description || (jurisdiction.statuses.get(status)?.name ?? status)],
    ...event.media_urls.map((url) => ['media_url', url]),
  ])
  return { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: body.toString() }
}
