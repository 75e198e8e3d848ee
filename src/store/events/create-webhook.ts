import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { Datetime } from '../../standard/datetime.js'
import type { WebhookFormat } from '../../standard/webhooks.js'
import type { Store } from '../database/database.js'
import type { EndpointScope } from '../service-requests/public-service-requests.js'

/** Target and filters of a webhook; see table webhook in test/store/schema.sql. */
export interface Subscription extends EndpointScope {
  url: string
  format: WebhookFormat
  /** Filters by service, area (TYPE:ID) and service request; empty or null: no filter. */
  service_codes: readonly string[]
  areas: readonly string[]
  service_request_id: string | null
  /** API key of the target here: delivers events of what it submitted, except its own changes. */
  peer_key_id: number | null
  include_private: boolean
  /** Only with the format fixmystreet. */
  target_api_key: string | null
  target_jurisdiction_id: string | null
}

/** Standard Webhooks requires 24 to 64 bytes. */
const SECRET_BYTES = 32

/** The API key that creates a webhook, and its limit. */
export interface WebhookCreator {
  key_id: number
  maxWebhooks: number
}

/**
 * Creates a webhook. Returns its id and its secret, which is not shown again; or the names in the
 * subscription that are unknown; or `isFull` if the creator has reached its limit. `creator` is
 * null for a command, which has no limit.
 */
export async function createWebhook(
  store: Store,
  { service_request_id, ...subscription }: Subscription,
  now: Datetime,
  creator: WebhookCreator | null = null,
): Promise<{ webhook_id: number; secret: string | null } | { unknown: string[] } | { isFull: true }> {
  return store.transaction().execute(async (transaction) => {
    if (creator && (await hasReachedLimit(transaction, creator))) return { isFull: true }
    const unknown = await findUnknownNames(transaction, subscription)
    const service_request =
      service_request_id &&
      (await findServiceRequestNumber(transaction, { ...subscription, service_request_id }))
    if (service_request === undefined) unknown.push(`service request ${service_request_id}`)
    if (unknown.length > 0) return { unknown }
    const secret =
      subscription.format === 'standard' ? `whsec_${randomBytes(SECRET_BYTES).toString('base64')}` : null
    const { webhook_id } = await transaction
      .insertInto('webhook')
      .values({
        ...subscription,
        service_codes: [...new Set(subscription.service_codes)],
        areas: [...new Set(subscription.areas)],
        key_id: creator?.key_id ?? null,
        service_request: service_request as number | null,
        secret,
        created_at: now,
      })
      .returning('webhook_id')
      .executeTakeFirstOrThrow()
    return { webhook_id, secret }
  })
}

/**
 * Locks the key until the end of the transaction, so that concurrent requests cannot exceed the
 * limit.
 */
async function hasReachedLimit(
  transaction: Store,
  { key_id, maxWebhooks }: WebhookCreator,
): Promise<boolean> {
  await transaction
    .selectFrom('api_key')
    .where('key_id', '=', key_id)
    .select('key_id')
    .forNoKeyUpdate()
    .execute()
  const { count } = await transaction
    .selectFrom('webhook')
    .where('key_id', '=', key_id)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count >= maxWebhooks
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

async function findServiceRequestNumber(
  store: Store,
  { jurisdiction_id, endpoint, service_request_id }: EndpointScope & { service_request_id: string },
): Promise<number | undefined> {
  const row = await store
    .selectFrom('service_request')
    .where('jurisdiction_id', '=', jurisdiction_id)
    .where('endpoint', '=', endpoint)
    .where('service_request_id', '=', service_request_id)
    .select('id')
    .executeTakeFirst()
  return row?.id
}
