import { z } from 'zod'
import { toEndpointScope } from '../http/endpoint-scope.js'
import { listWebhooks } from '../store/events/webhooks.js'
import { defineCityOperation } from './operation.js'
import { webhook } from './schemas.js'
import { findWebhook, readWebhookLocator, WEBHOOK_PATH, WEBHOOKS_PATH } from './webhook-locator.js'

/** EXT-37: the webhooks of a jurisdiction and endpoint. */
export const getWebhooks = defineCityOperation({
  name: 'GET webhooks',
  summary: 'Lists webhooks, without their secrets.',
  method: 'GET',
  path: WEBHOOKS_PATH,
  scope: 'manage',
  result: z.object({ webhooks: z.array(webhook) }),
  plan: toEndpointScope,
  query: async (plan, { store }) => ({ value: { webhooks: await listWebhooks(store, plan) } }),
})

/** EXT-37 */
export const getWebhook = defineCityOperation({
  name: 'GET webhook',
  summary: 'Returns a webhook, without its secret.',
  method: 'GET',
  path: WEBHOOK_PATH,
  scope: 'manage',
  result: webhook,
  plan: readWebhookLocator,
  query: async (plan, { store }) => ({ value: await findWebhook(store, plan) }),
})
