import { randomBytes } from 'node:crypto'
import { type RawBuilder, sql } from 'kysely'
import type { Datetime } from '../../standard/datetime.js'
import type { DeliveryState, WebhookForm } from '../../standard/webhooks.js'
import type { Store } from '../database/database.js'
import { SEQUENCER_LOCK } from '../database/event-context.js'
import type { EndpointScope } from '../service-requests/public-service-requests.js'

/** What somebody subscribes to; see migrations/0007. */
export interface Subscription extends EndpointScope {
  url: string
  form: WebhookForm
  /** Only of these services, in these areas (TYPE:ID), of this service request; none: of all. */
  service_codes: readonly string[]
  areas: readonly string[]
  service_request_id: string | null
  /** The key with which the target itself calls here: told is what it filed, not what it did. */
  peer_key_id: number | null
  sees_private: boolean
  /** Only of the form fixmystreet. */
  target_key: string | null
  target_jurisdiction_id: string | null
}

/** Standard Webhooks asks for 24 to 64 bytes. */
const SECRET_BYTES = 32

/** Who makes a webhook, and how many one may have. */
export interface WebhookCreator {
  key_id: number
  most: number
}

/**
 * Stores a webhook, which from now on is told what happens, and gives its number and its secret: the only time that can be
 * seen. What is named twice counts once. Gives what it names and nobody knows, if there is such a thing, or `isFull` if its
 * maker, null: a command, has as many as it may have.
 */
export async function createWebhook(
  store: Store,
  { service_request_id, ...subscription }: Subscription,
  now: Datetime,
  maker: WebhookCreator | null = null,
): Promise<{ webhook_id: number; secret: string | null } | { unknown: string[] } | { isFull: true }> {
  return store.transaction().execute(async (transaction) => {
    if (maker && (await hasReachedLimit(transaction, maker))) return { isFull: true }
    const unknown = await findUnknownNames(transaction, subscription)
    const service_request =
      service_request_id && (await findServiceRequestId(transaction, { ...subscription, service_request_id }))
    if (service_request === undefined) unknown.push(`service request ${service_request_id}`)
    if (unknown.length > 0) return { unknown }
    const secret =
      subscription.form === 'standard' ? `whsec_${randomBytes(SECRET_BYTES).toString('base64')}` : null
    const { webhook_id } = await transaction
      .insertInto('webhook')
      .values({
        ...subscription,
        service_codes: [...new Set(subscription.service_codes)],
        areas: [...new Set(subscription.areas)],
        key_id: maker?.key_id ?? null,
        service_request: service_request as number | null,
        secret,
        created: now,
      })
      .returning('webhook_id')
      .executeTakeFirstOrThrow()
    return { webhook_id, secret }
  })
}

/** Those who make webhooks with one key wait for each other, so that they do not each find room for a last one. */
async function hasReachedLimit(transaction: Store, { key_id, most }: WebhookCreator): Promise<boolean> {
  await transaction
    .selectFrom('api_key')
    .where('key_id', '=', key_id)
    .select('key_id')
    .forNoKeyUpdate()
    .execute()
  const { made } = await transaction
    .selectFrom('webhook')
    .where('key_id', '=', key_id)
    .select(({ fn }) => fn.countAll<number>().as('made'))
    .executeTakeFirstOrThrow()
  return made >= most
}

async function findUnknownNames(
  store: Store,
  { jurisdiction_id, service_codes, areas, peer_key_id }: Omit<Subscription, 'service_request_id'>,
): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select 'jurisdiction ' || ${jurisdiction_id}::text as name
     where not exists (select from jurisdiction where jurisdiction_id = ${jurisdiction_id})
    union all
    select 'service ' || given from unnest(${service_codes}::text[]) as given
     where not exists (select from service where jurisdiction_id = ${jurisdiction_id} and service_code = given)
    union all
    select 'area ' || given from unnest(${areas}::text[]) as given
     where not exists (select from area where jurisdiction_id = ${jurisdiction_id} and area_type || ':' || area_id = given)
    union all
    select 'key number ' || given from (select ${peer_key_id}::integer) as k (given)
     where given is not null
       and not exists (select from api_key where key_id = given and coalesce(jurisdiction_id, ${jurisdiction_id}) = ${jurisdiction_id})`.execute(
    store,
  )
  return rows.map((row) => row.name)
}

async function findServiceRequestId(
  store: Store,
  { jurisdiction_id, endpoint, service_request_id }: EndpointScope & { service_request_id: string },
): Promise<number | undefined> {
  const found = await store
    .selectFrom('service_request')
    .where('jurisdiction_id', '=', jurisdiction_id)
    .where('endpoint', '=', endpoint)
    .where('service_request_id', '=', service_request_id)
    .select('id')
    .executeTakeFirst()
  return found?.id
}

/** A webhook as it is shown: without its secret and without the key of its target. */
export interface WebhookRecord extends Omit<Subscription, 'target_key' | 'service_codes' | 'areas'> {
  service_codes: string[]
  areas: string[]
  webhook_id: number
  created: Datetime
  paused: Datetime | null
  /** How many deliveries wait; how many were given up. */
  waiting: number
  dead: number
}

const countDeliveries = (state: DeliveryState): RawBuilder<number> =>
  sql`(select count(*) from delivery as d where d.webhook_id = w.webhook_id and d.state = ${sql.lit(state)})`

/** The webhooks of a place, or all; or one of them. */
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
      'w.form',
      'w.service_codes',
      'w.areas',
    ])
    .select(['r.service_request_id', 'w.peer_key_id', 'w.sees_private', 'w.target_jurisdiction_id'])
    .select(['w.created', 'w.paused'])
    .select([countDeliveries('waiting').as('waiting'), countDeliveries('dead').as('dead')])
    .orderBy('w.webhook_id')
    .execute()
}

/** Removes a webhook with its log; false if there is none. */
export async function removeWebhook(store: Store, webhook_id: number): Promise<boolean> {
  return store.transaction().execute(async (transaction) => {
    // Who numbers events just now may be writing deliveries for it.
    await sql`select pg_advisory_xact_lock(${sql.lit(SEQUENCER_LOCK)})`.execute(transaction)
    const { numDeletedRows } = await transaction
      .deleteFrom('webhook')
      .where('webhook_id', '=', webhook_id)
      .executeTakeFirst()
    return Number(numDeletedRows) > 0
  })
}

/** Sends nothing more for it, from the next delivery on: deliveries wait. False if there is no such webhook. */
export async function pauseWebhook(store: Store, webhook_id: number, now: Datetime): Promise<boolean> {
  return updateWebhook(store, webhook_id, { paused: sql`coalesce(paused, ${now})` })
}

/** Sends again, and at once, whether it was paused or had failed. False if there is no such webhook. */
export async function resumeWebhook(store: Store, webhook_id: number): Promise<boolean> {
  return updateWebhook(store, webhook_id, { paused: null, due: sql`now()` })
}

async function updateWebhook(
  store: Store,
  webhook_id: number,
  set: { paused: null | RawBuilder<Datetime>; due?: RawBuilder<Datetime> },
): Promise<boolean> {
  const { numUpdatedRows } = await store
    .updateTable('webhook')
    .set(set)
    .where('webhook_id', '=', webhook_id)
    .executeTakeFirst()
  return Number(numUpdatedRows) > 0
}
