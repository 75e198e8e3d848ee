import { z } from 'zod'
import { replayDeliveries } from '../store/events/delivery-log.js'
import { defineCityOperation } from './operation.js'
import { findWebhook, readWebhookLocator, WEBHOOK_PATH } from './webhook-locator.js'

/** EXT-37: sends dead deliveries again, or all deliveries from a position on. */
export const postReplay = defineCityOperation({
  name: 'POST replay',
  summary: 'Sends dead deliveries again, or all deliveries from a position on; in order, before newer ones.',
  method: 'POST',
  path: `${WEBHOOK_PATH}/replay`,
  scope: 'manage',
  body: z
    .strictObject({
      from: z
        .int()
        .min(1)
        .optional()
        .meta({ description: 'First position to send again. Absent: dead deliveries only.' }),
    })
    .meta({ id: 'Replay' }),
  result: z.object({
    pending: z.int().meta({ description: 'Number of deliveries that are pending again.' }),
  }),
  plan: (request) => ({ locator: readWebhookLocator(request), from: request.body.from ?? null }),
  query: async ({ locator, from }, { store }) => {
    const { webhook_id } = await findWebhook(store, locator)
    return { value: { pending: (await replayDeliveries(store, webhook_id, from)) ?? 0 } }
  },
})
