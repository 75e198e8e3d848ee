import { z } from 'zod'
import { pauseWebhook, resumeWebhook } from '../store/events/webhooks.js'
import { defineCityOperation } from './operation.js'
import { webhook } from './schemas.js'
import { findWebhook, readWebhookLocator, WEBHOOK_PATH } from './webhook-locator.js'

/** EXT-37: pauses or resumes a webhook. Resuming also ends the backoff after a failure. */
export const patchWebhook = defineCityOperation({
  name: 'PATCH webhook',
  summary: 'Pauses or resumes a webhook. Deliveries stay pending while it is paused.',
  method: 'PATCH',
  path: WEBHOOK_PATH,
  scope: 'manage',
  body: z.strictObject({ paused: z.boolean() }).meta({ id: 'WebhookChange' }),
  result: webhook,
  plan: (request) => ({
    locator: readWebhookLocator(request),
    paused: request.body.paused,
    now: request.now,
  }),
  query: async ({ locator, paused, now }, { store }) => {
    const { webhook_id } = await findWebhook(store, locator)
    if (paused) await pauseWebhook(store, webhook_id, now)
    else await resumeWebhook(store, webhook_id)
    return { value: await findWebhook(store, locator) }
  },
})
