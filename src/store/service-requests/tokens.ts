import { sql } from 'kysely'
import type { Datetime } from '../../standard/datetime.js'
import type { Store } from '../database/database.js'
import { setEventContext } from '../database/event-context.js'
import type { EndpointScope } from './public-service-requests.js'

/**
 * Returns the id for a token: null while pending (GR-TOK-04); undefined for unknown and expired
 * tokens.
 */
export async function exchangeToken(
  store: Store,
  plan: EndpointScope & { token: string; resolvedSince: Datetime },
): Promise<{ service_request_id: string | null } | undefined> {
  return store
    .selectFrom('token as t')
    .innerJoin('service_request as r', 'r.id', 't.service_request')
    .where('t.token', '=', plan.token)
    .where('r.jurisdiction_id', '=', plan.jurisdiction_id)
    .where('r.endpoint', '=', plan.endpoint)
    .where((where) =>
      where.or([where('t.resolved_at', 'is', null), where('t.resolved_at', '>=', plan.resolvedSince)]),
    )
    .select('r.service_request_id')
    .executeTakeFirst()
}

/** A batch service request without an id. */
export interface PendingToken extends EndpointScope {
  token: string
  service_code: string
  requested_datetime: Datetime
}

/** Lists pending tokens, oldest first. */
export async function listPendingTokens(store: Store): Promise<PendingToken[]> {
  return store
    .selectFrom('token as t')
    .innerJoin('service_request as r', 'r.id', 't.service_request')
    .where('t.resolved_at', 'is', null)
    .select(['t.token', 'r.jurisdiction_id', 'r.endpoint', 'r.service_code', 'r.requested_datetime'])
    .orderBy('r.id')
    .execute()
}

/** Lists up to `rows` pending tokens of a scope with numbers above `after`. */
export async function listPendingTokensInScope(
  store: Store,
  { jurisdiction_id, endpoint, after, rows }: EndpointScope & { after: number; rows: number },
): Promise<(Omit<PendingToken, keyof EndpointScope> & { number: number })[]> {
  return store
    .selectFrom('token as t')
    .innerJoin('service_request as r', 'r.id', 't.service_request')
    .where('t.resolved_at', 'is', null)
    .where('r.jurisdiction_id', '=', jurisdiction_id)
    .where('r.endpoint', '=', endpoint)
    .where('t.service_request', '>', after)
    .select(['t.token', 'r.id as number', 'r.service_code', 'r.requested_datetime'])
    .orderBy('t.service_request')
    .limit(rows)
    .execute()
}

export interface ResolveTokenPlan {
  token: string
  /** Default: the next one of the jurisdiction. */
  service_request_id?: string | undefined
  /** Required scope of the token; default: any. */
  scope?: EndpointScope
  key_id?: number
  now: Datetime
}

/**
 * Assigns an id to the service request of a token: `service_request_id`, or the next of its
 * jurisdiction. This publishes it, which is a change. A repetition returns the same id.
 * Undefined if there is no such token. Throws if another service request has the id (see
 * `isIdTaken`).
 */
export async function resolveToken(
  store: Store,
  { token, service_request_id, scope, key_id, now }: ResolveTokenPlan,
): Promise<string | undefined> {
  return store.transaction().execute(async (transaction) => {
    const serviceRequest = await transaction
      .selectFrom('token as t')
      .innerJoin('service_request as r', 'r.id', 't.service_request')
      .where('t.token', '=', token)
      .$if(scope !== undefined, (select) =>
        select
          .where('r.jurisdiction_id', '=', scope!.jurisdiction_id)
          .where('r.endpoint', '=', scope!.endpoint),
      )
      .select(['r.id', 'r.jurisdiction_id', 'r.endpoint', 'r.service_request_id'])
      .forUpdate()
      .executeTakeFirst()
    if (!serviceRequest) return undefined
    if (serviceRequest.service_request_id !== null) return serviceRequest.service_request_id
    await setEventContext(transaction, { datetime: now, now, ...(key_id === undefined ? {} : { key_id }) })
    const next = sql<string>`new_service_request_id(${serviceRequest.jurisdiction_id}, ${serviceRequest.endpoint}::endpoint_type, ${now}::timestamptz)`
    const resolved = await transaction
      .updateTable('service_request')
      .set({ service_request_id: service_request_id ?? next })
      .where('id', '=', serviceRequest.id)
      .returning('service_request_id')
      .executeTakeFirstOrThrow()
    await transaction.updateTable('token').set({ resolved_at: now }).where('token', '=', token).execute()
    return resolved.service_request_id!
  })
}

/** True if `error` says that another service request has the id. */
export function isIdTaken(error: unknown): boolean {
  return (error as { constraint?: string }).constraint === 'service_request_by_id'
}
