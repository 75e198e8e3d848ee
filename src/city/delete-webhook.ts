import { removeWebhook } from '../store/events/webhooks.js'
import { defineCityOperation } from './operation.js'
import { findWebhook, readWebhookLocator, WEBHOOK_PATH } from './webhook-locator.js'

/** EXT-37: removes a webhook, its deliveries and their log. */
export const deleteWebhook = defineCityOperation({
  name: 'DELETE webhook',
  summary: 'Removes a webhook with its pending deliveries and its delivery log.',
  method: 'DELETE',
  path: WEBHOOK_PATH,
  scope: 'manage',
  result: null,
  plan: readWebhookLocator,
  query: async (plan, { store }) => {
    const { webhook_id } = await findWebhook(store, plan)
    await removeWebhook(store, webhook_id)
    return {}
  },
})
