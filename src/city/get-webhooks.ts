import { z } from 'zod'
import { listWebhooks } from '../store/events/webhooks.js'
import { cityOperation } from './operation.js'
import { findWebhook, placeOf, WEBHOOK, WEBHOOKS, webhook, webhookIn } from './webhook-locator.js'

/** EXT-37: who is told what happens to service requests. */
export const getWebhooks = cityOperation({
  name: 'GET webhooks',
  summary: 'All webhooks, without their secrets.',
  method: 'GET',
  path: WEBHOOKS,
  scope: 'manage',
  value: z.object({ webhooks: z.array(webhook) }),
  plan: placeOf,
  answer: async (plan, { store }) => ({ value: { webhooks: await listWebhooks(store, plan) } }),
})

/** EXT-37 */
export const getWebhook = cityOperation({
  name: 'GET webhook',
  summary: 'One webhook, without its secret.',
  method: 'GET',
  path: WEBHOOK,
  scope: 'manage',
  value: webhook,
  plan: webhookIn,
  answer: async (plan, { store }) => ({ value: await findWebhook(store, plan) }),
})
