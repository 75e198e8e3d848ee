import { deleteWebhook } from './delete-webhook.js'
import { eraseServiceRequest } from './erase-service-request.js'
import { getDeliveries, getDelivery } from './get-deliveries.js'
import { getEvents, getServiceRequestEvents } from './get-events.js'
import { getServiceRequest } from './get-service-request.js'
import { getServiceRequests } from './get-service-requests.js'
import { getTokens } from './get-tokens.js'
import { getWebhook, getWebhooks } from './get-webhooks.js'
import type { CityOperation } from './operation.js'
import { patchServiceRequest } from './patch-service-request.js'
import { patchWebhook } from './patch-webhook.js'
import { postReplay } from './post-replay.js'
import { postToken } from './post-token.js'
import { postWebhook } from './post-webhook.js'
import { redactServiceRequest } from './redact-service-request.js'

/** The city API (EXT-40). */
export const cityOperations: readonly CityOperation[] = [
  getServiceRequests,
  getServiceRequest,
  patchServiceRequest,
  redactServiceRequest,
  eraseServiceRequest,
  getServiceRequestEvents,
  getEvents,
  getTokens,
  postToken,
  getWebhooks,
  postWebhook,
  getWebhook,
  patchWebhook,
  deleteWebhook,
  getDeliveries,
  getDelivery,
  postReplay,
]
