import { z } from 'zod'
import { withDescription } from '../http/argument-docs.js'
import { integer, oneOf } from '../http/arguments.js'
import type { ApiKey } from '../standard/catalog.js'
import { EVENT_KINDS } from '../standard/events.js'
import { refuse } from '../standard/refusal.js'
import { DELIVERY_STATES } from '../standard/webhooks.js'
import type { Store } from '../store/database/database.js'
import { listAttempts, listDeliveries } from '../store/events/delivery-log.js'
import { defineCityOperation } from './operation.js'
import { limit, resolveLimit } from './paging.js'
import { datetime } from './schemas.js'
import {
  findWebhook,
  parseId,
  readWebhookLocator,
  WEBHOOK_PATH,
  type WebhookLocator,
} from './webhook-locator.js'

const attemptFields = {
  datetime: datetime.nullable().meta({ description: 'Time of the last attempt. null: no attempt.' }),
  status: z.int().nullable().meta({ description: 'HTTP status. null: no response.' }),
  error: z.string().nullable().meta({ description: 'Reason of the failure.' }),
}

const delivery = z
  .object({
    position: z.int().meta({ description: 'Position of the event.' }),
    kind: z.enum(EVENT_KINDS),
    service_request_id: z.string().nullable(),
    state: z.enum(DELIVERY_STATES),
    attempts: z.int().meta({ description: 'Attempts since the delivery became pending.' }),
    ended_at: datetime.nullable(),
    ...attemptFields,
  })
  .meta({ id: 'Delivery' })

const attempt = z.object({ ...attemptFields, datetime, duration_ms: z.int() }).meta({ id: 'Attempt' })

/** EXT-37: the delivery log of a webhook. */
export const getDeliveries = defineCityOperation({
  name: 'GET deliveries',
  summary: 'Lists the deliveries of a webhook with their last attempts, newest first.',
  method: 'GET',
  path: `${WEBHOOK_PATH}/deliveries`,
  scope: 'manage',
  arguments: z.object({
    state: withDescription(oneOf(...DELIVERY_STATES), 'Only deliveries in this state.'),
    before: withDescription(
      integer(1, Number.MAX_SAFE_INTEGER, 'EXT-37'),
      'Only deliveries before this position. Absent: from the newest.',
    ),
    limit,
  }),
  result: z.object({
    deliveries: z.array(delivery),
    next: z
      .int()
      .nullable()
      .meta({ description: 'Value of before for the next request. null: end of the list.' }),
  }),
  plan: (request) => ({
    ...request.arguments,
    locator: readWebhookLocator(request),
    key: request.key,
    limit: resolveLimit(request.arguments.limit),
  }),
  query: async ({ locator, key, state, before, limit }, { store }) => {
    const { webhook_id } = await findReadableWebhook(store, locator, key)
    const deliveries = await listDeliveries(store, webhook_id, { state, before, limit })
    return { value: { deliveries, next: deliveries.length < limit ? null : deliveries.at(-1)!.position } }
  },
})

/** EXT-37: the attempts of one delivery. */
export const getDelivery = defineCityOperation({
  name: 'GET attempts of a delivery',
  summary: 'Lists all attempts of a delivery, oldest first.',
  method: 'GET',
  path: `${WEBHOOK_PATH}/deliveries/:position`,
  scope: 'manage',
  result: z.object({ attempts: z.array(attempt) }),
  plan: (request) => ({
    locator: readWebhookLocator(request),
    key: request.key,
    position: parseId(request.ids.position!) ?? refuse('EXT-37', 404, 'position was not found.'),
  }),
  query: async ({ locator, key, position }, { store }) => {
    const { webhook_id } = await findReadableWebhook(store, locator, key)
    return { value: { attempts: await listAttempts(store, { webhook_id, position }) } }
  },
})

/** The log of a webhook with private events requires the scope read_private. */
async function findReadableWebhook(store: Store, locator: WebhookLocator, key: ApiKey) {
  const webhook = await findWebhook(store, locator)
  if (webhook.include_private && !key.scopes.includes('read_private'))
    refuse('GR-KEY-02', 403, 'api_key does not allow this.')
  return webhook
}
