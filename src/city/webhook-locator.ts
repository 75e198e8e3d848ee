import { toEndpointScope } from '../http/endpoint-scope.js'
import { refuse } from '../standard/refusal.js'
import type { Store } from '../store/database/database.js'
import { listWebhooks, type WebhookRecord } from '../store/events/webhooks.js'
import type { EndpointScope } from '../store/service-requests/public-service-requests.js'
import type { CityRequest } from './operation.js'

/** Paths of all webhooks and of one (EXT-37). */
export const WEBHOOKS_PATH = '/webhooks'
export const WEBHOOK_PATH = `${WEBHOOKS_PATH}/:webhook_id`

export type WebhookLocator = EndpointScope & { webhook_id: number }

/** Reads which webhook the path names. */
export function readWebhookLocator(
  request: Pick<CityRequest, 'ids' | 'jurisdiction' | 'endpoint'>,
): WebhookLocator {
  const webhook_id = parseId(request.ids.webhook_id!) ?? refuseUnknownWebhook()
  return { ...toEndpointScope(request), webhook_id }
}

/** Parses a number in a path; undefined: not a number that exists. */
export function parseId(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}

/** Finds a webhook in its jurisdiction and endpoint. Refuses if there is none. */
export async function findWebhook(store: Store, locator: WebhookLocator): Promise<WebhookRecord> {
  const [webhook] = await listWebhooks(store, locator)
  return webhook ?? refuseUnknownWebhook()
}

function refuseUnknownWebhook(): never {
  refuse('EXT-37', 404, 'webhook_id was not found.')
}
