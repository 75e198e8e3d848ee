import { z } from 'zod'
import { replayDeliveries } from '../store/events/delivery-log.js'
import { cityOperation } from './operation.js'
import { findWebhook, readWebhookLocator, WEBHOOK_PATH } from './webhook-locator.js'

/** EXT-37: sends again what was given up, or everything from a position on. */
export const postReplay = cityOperation({
  name: 'POST replay',
  summary: 'Sends again, in order and before what is newer: what was given up, or all from a position on.',
  method: 'POST',
  path: `${WEBHOOK_PATH}/replay`,
  scope: 'manage',
  body: z
    .strictObject({
      from: z.int().min(1).optional().meta({ description: 'a position; absent: what was given up' }),
    })
    .meta({ id: 'Replay' }),
  result: z.object({ waiting: z.int().meta({ description: 'so many wait again' }) }),
  plan: (call) => ({ which: readWebhookLocator(call), from: call.body.from ?? null }),
  query: async ({ which, from }, { store }) => {
    const { webhook_id } = await findWebhook(store, which)
    return { value: { waiting: (await replayDeliveries(store, webhook_id, from)) ?? 0 } }
  },
})
