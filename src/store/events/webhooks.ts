import { type RawBuilder, sql } from 'kysely'
import type { Datetime } from '../../standard/datetime.js'
import type { DeliveryState } from '../../standard/webhooks.js'
import type { Store } from '../database/database.js'
import { SEQUENCER_LOCK } from '../database/event-context.js'
import type { EndpointScope } from '../service-requests/public-service-requests.js'
import type { Subscription } from './create-webhook.js'

/** A webhook without its secret and the API key of its target. */
export interface WebhookRecord extends Omit<Subscription, 'target_api_key' | 'service_codes' | 'areas'> {
  service_codes: string[]
  areas: string[]
  webhook_id: number
  created_at: Datetime
  paused_at: Datetime | null
  /** Numbers of pending and dead deliveries. */
  pending: number
  dead: number
}

const countDeliveries = (state: DeliveryState): RawBuilder<number> =>
  sql`(select count(*) from delivery as d where d.webhook_id = w.webhook_id and d.state = ${sql.lit(state)})`

/** Lists webhooks, all or those that match. */
export async function listWebhooks(
  store: Store,
  { jurisdiction_id, endpoint, webhook_id }: Partial<EndpointScope> & { webhook_id?: number } = {},
): Promise<WebhookRecord[]> {
  return store
    .selectFrom('webhook as w')
    .leftJoin('service_request as r', 'r.id', 'w.service_request')
    .$if(jurisdiction_id !== undefined, (select) => select.where('w.jurisdiction_id', '=', jurisdiction_id!))
    .$if(endpoint !== undefined, (select) => select.where('w.endpoint', '=', endpoint!))
    .$if(webhook_id !== undefined, (select) => select.where('w.webhook_id', '=', webhook_id!))
    .select([
      'w.webhook_id',
      'w.jurisdiction_id',
      'w.endpoint',
      'w.url',
      'w.format',
      'w.service_codes',
      'w.areas',
    ])
    .select(['r.service_request_id', 'w.peer_key_id', 'w.include_private', 'w.target_jurisdiction_id'])
    .select(['w.created_at', 'w.paused_at'])
    .select([countDeliveries('pending').as('pending'), countDeliveries('dead').as('dead')])
    .orderBy('w.webhook_id')
    .execute()
}

/** Deletes a webhook with its log. Returns false if there is none. */
export async function removeWebhook(store: Store, webhook_id: number): Promise<boolean> {
  return store.transaction().execute(async (transaction) => {
    // The sequencer may be inserting deliveries for it.
    await sql`select pg_advisory_xact_lock(${sql.lit(SEQUENCER_LOCK)})`.execute(transaction)
    const { numDeletedRows } = await transaction
      .deleteFrom('webhook')
      .where('webhook_id', '=', webhook_id)
      .executeTakeFirst()
    return Number(numDeletedRows) > 0
  })
}

/** Pauses a webhook: its deliveries stay pending. Returns false if there is none. */
export async function pauseWebhook(store: Store, webhook_id: number, now: Datetime): Promise<boolean> {
  return updateWebhook(store, webhook_id, { paused_at: sql`coalesce(paused_at, ${now})` })
}

/** Resumes a paused or failing webhook at once. Returns false if there is none. */
export async function resumeWebhook(store: Store, webhook_id: number): Promise<boolean> {
  return updateWebhook(store, webhook_id, { paused_at: null, next_attempt_at: sql`now()` })
}

async function updateWebhook(
  store: Store,
  webhook_id: number,
  set: { paused_at: null | RawBuilder<Datetime>; next_attempt_at?: RawBuilder<Datetime> },
): Promise<boolean> {
  const { numUpdatedRows } = await store
    .updateTable('webhook')
    .set(set)
    .where('webhook_id', '=', webhook_id)
    .executeTakeFirst()
  return Number(numUpdatedRows) > 0
}
