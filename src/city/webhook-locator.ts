import { z } from 'zod'
import { refuse } from '../standard/refusal.js'
import { ENDPOINTS } from '../standard/terms.js'
import { WEBHOOK_FORMATS } from '../standard/webhooks.js'
import type { Store } from '../store/database/database.js'
import { listWebhooks, type WebhookRecord } from '../store/events/webhooks.js'
import type { EndpointScope } from '../store/service-requests/public-service-requests.js'
import type { CityRequest } from './operation.js'
import { datetime } from './schemas.js'

/** The paths of webhooks, and of one of them (EXT-37). */
export const WEBHOOKS_PATH = '/webhooks'
export const WEBHOOK_PATH = `${WEBHOOKS_PATH}/:webhook_id`

/** A webhook, without its secret and without the key of its target. */
export const webhook = z
  .object({
    webhook_id: z.int(),
    jurisdiction_id: z.string(),
    endpoint: z.enum(ENDPOINTS),
    url: z.string(),
    format: z.enum(WEBHOOK_FORMATS),
    service_codes: z.array(z.string()).meta({ description: 'Only these services. Empty: all.' }),
    areas: z.array(z.string()).meta({ description: 'Only these areas, as TYPE:ID. Empty: all.' }),
    service_request_id: z.string().nullable().meta({ description: 'Only this service request. null: all.' }),
    peer_key_id: z.int().nullable().meta({
      description:
        'Key that the target uses here: only service requests filed with it, without changes made with it.',
    }),
    include_private: z.boolean(),
    target_jurisdiction_id: z.string().nullable(),
    created_at: datetime,
    paused_at: datetime.nullable().meta({ description: 'Paused since; null: not paused.' }),
    pending: z.int().meta({ description: 'Number of pending deliveries.' }),
    dead: z.int().meta({ description: 'Number of dead deliveries.' }),
  })
  .meta({ id: 'Webhook' })

/** The place of a call. */
export function endpointScope({
  jurisdiction,
  endpoint,
}: Pick<CityRequest, 'jurisdiction' | 'endpoint'>): EndpointScope {
  return { jurisdiction_id: jurisdiction.jurisdiction_id, endpoint }
}

/** A webhook that a path names. */
export type WebhookLocator = EndpointScope & { webhook_id: number }

/** The webhook that the path of a call names, if there is one. */
export function readWebhookLocator(
  call: Pick<CityRequest, 'ids' | 'jurisdiction' | 'endpoint'>,
): WebhookLocator {
  return { ...endpointScope(call), webhook_id: parseId(call.ids.webhook_id!) ?? refuseUnknownWebhook() }
}

/** A number in a path; undefined: nothing has such a number. */
export function parseId(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}

/** Refuses if there is no such webhook in the place. */
export async function findWebhook(store: Store, plan: WebhookLocator): Promise<WebhookRecord> {
  const [found] = await listWebhooks(store, plan)
  return found ?? refuseUnknownWebhook()
}

function refuseUnknownWebhook(): never {
  refuse('EXT-37', 404, 'webhook_id was not found.')
}
