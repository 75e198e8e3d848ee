import { z } from 'zod'
import { pauseWebhook, resumeWebhook } from '../store/events/webhooks.js'
import { cityOperation } from './operation.js'
import { findWebhook, readWebhookLocator, WEBHOOK_PATH, webhook } from './webhook-locator.js'

/** EXT-37: pauses a webhook, or goes on at once, whether it was paused or had failed. */
export const patchWebhook = cityOperation({
  name: 'PATCH webhook',
  summary: 'Pauses or resumes a webhook. Deliveries stay pending while it is paused.',
  method: 'PATCH',
  path: WEBHOOK_PATH,
  scope: 'manage',
  body: z.strictObject({ paused: z.boolean() }).meta({ id: 'WebhookChange' }),
  result: webhook,
  plan: (call) => ({ which: readWebhookLocator(call), paused: call.body.paused, now: call.now }),
  query: async ({ which, paused, now }, { store }) => {
    const { webhook_id } = await findWebhook(store, which)
    if (paused) await pauseWebhook(store, webhook_id, now)
    else await resumeWebhook(store, webhook_id)
    return { value: await findWebhook(store, which) }
  },
})
