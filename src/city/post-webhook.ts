import { z } from 'zod'
import { toEndpointScope } from '../http/endpoint-scope.js'
import { Refusal, refuse } from '../standard/refusal.js'
import { WEBHOOK_FORMATS } from '../standard/webhooks.js'
import { createWebhook } from '../store/events/create-webhook.js'
import { MAX_FILTER_ENTRIES, validateSubscription } from '../webhooks/validate-subscription.js'
import { defineCityOperation } from './operation.js'
import { webhook } from './schemas.js'
import { findWebhook, WEBHOOKS_PATH } from './webhook-locator.js'

const MAX_LENGTH = 2000
const name = z.string().min(1).max(MAX_LENGTH)

const subscription = z
  .strictObject({
    url: name.meta({ description: 'Target URL.' }),
    format: z.enum(WEBHOOK_FORMATS).default('standard'),
    service_codes: z.array(name).max(MAX_FILTER_ENTRIES).default([]),
    areas: z
      .array(name)
      .max(MAX_FILTER_ENTRIES)
      .default([])
      .meta({ description: 'Only these areas, as TYPE:ID. Empty: all.' }),
    service_request_id: name.nullable().default(null),
    peer_key_id: z.int().min(1).max(2_147_483_647).nullable().default(null),
    include_private: z
      .boolean()
      .default(false)
      .meta({ description: 'true: includes private events. Requires the scope read_private.' }),
    target_api_key: name.nullable().default(null).meta({ description: 'api_key for a fixmystreet target.' }),
    target_jurisdiction_id: name.nullable().default(null),
  })
  .meta({ id: 'Subscription' })

/** EXT-37: creates a webhook. Only this response has its secret. */
export const postWebhook = defineCityOperation({
  name: 'POST webhook',
  summary: 'Creates a webhook. Only this response has its secret.',
  method: 'POST',
  path: WEBHOOKS_PATH,
  scope: 'manage',
  conflict: 'The key has reached its maximum number of webhooks.',
  body: subscription,
  result: z
    .object({
      ...webhook.shape,
      secret: z.string().nullable().meta({ description: 'Secret for verifying signatures.' }),
    })
    .meta({ id: 'NewWebhook' }),
  plan: (request) => {
    const { body, key, now } = request
    if (body.include_private && !key.scopes.includes('read_private'))
      refuse('GR-KEY-02', 403, 'api_key does not allow include_private.')
    return { subscription: { ...body, ...toEndpointScope(request) }, key_id: key.key_id, now }
  },
  query: async ({ subscription, key_id, now }, { store, webhookPolicy }) => {
    const { allowPrivateTargets, maxPerKey } = webhookPolicy
    const problems = validateSubscription(subscription, allowPrivateTargets)
    if (problems.length > 0) refuseAll(problems)
    const created = await createWebhook(store, subscription, now, { key_id, maxWebhooks: maxPerKey })
    if ('isFull' in created)
      refuse('EXT-37', 409, `This key has made ${maxPerKey} webhooks and may have no more: remove one first.`)
    if ('unknown' in created) return refuseAll(created.unknown.map((name) => `${name} was not found.`))
    const { webhook_id, secret } = created
    return { value: { ...(await findWebhook(store, { ...subscription, webhook_id })), secret } }
  },
})

function refuseAll(descriptions: readonly string[]): never {
  const [first, ...rest] = descriptions.map(
    (description) => ({ rule: 'EXT-37', status: 400, description }) as const,
  )
  throw new Refusal([first!, ...rest])
}
