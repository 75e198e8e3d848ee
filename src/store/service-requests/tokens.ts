import { sql } from 'kysely'
import type { Datetime } from '../../standard/datetime.js'
import type { Store } from '../database/database.js'
import { setEventContext } from '../database/event-context.js'
import type { EndpointScope } from './public-service-requests.js'

/** The id a token stands for: null while there is none (GR-TOK-04); undefined for unknown and expired tokens. */
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
      where.or([where('t.resolved', 'is', null), where('t.resolved', '>=', plan.resolvedSince)]),
    )
    .select('r.service_request_id')
    .executeTakeFirst()
}

/** A batch service request that waits for its id. */
export interface PendingToken extends EndpointScope {
  token: string
  service_code: string
  requested_datetime: Datetime
}

/** Tokens that wait for an id, the oldest first. */
export async function listPendingTokens(store: Store): Promise<PendingToken[]> {
  return store
    .selectFrom('token as t')
    .innerJoin('service_request as r', 'r.id', 't.service_request')
    .where('t.resolved', 'is', null)
    .select(['t.token', 'r.jurisdiction_id', 'r.endpoint', 'r.service_code', 'r.requested_datetime'])
    .orderBy('r.id')
    .execute()
}

/** Those of one place with numbers above `after`, at most `rows`. */
export async function listPendingTokensInScope(
  store: Store,
  { jurisdiction_id, endpoint, after, rows }: EndpointScope & { after: number; rows: number },
): Promise<(Omit<PendingToken, keyof EndpointScope> & { number: number })[]> {
  return store
    .selectFrom('token as t')
    .innerJoin('service_request as r', 'r.id', 't.service_request')
    .where('t.resolved', 'is', null)
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
  /** Where the token has to be from. */
  scope?: EndpointScope
  /** Who does it. */
  key_id?: number
  now: Datetime
}

/**
 * Gives the service request of `token` its id: `service_request_id`, or the next of its jurisdiction. From now on it is
 * public, so that it has changed. Resolving again gives the same id. Undefined if there is no such token. Throws
 * if the id is taken by another service request (see `isIdTaken`).
 */
export async function resolveToken(
  store: Store,
  { token, service_request_id, scope, key_id, now }: ResolveTokenPlan,
): Promise<string | undefined> {
  return store.transaction().execute(async (transaction) => {
    const waiting = await transaction
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
    if (!waiting) return undefined
    if (waiting.service_request_id !== null) return waiting.service_request_id
    await setEventContext(transaction, { datetime: now, now, ...(key_id === undefined ? {} : { key_id }) })
    const next = sql<string>`new_service_request_id(${waiting.jurisdiction_id}, ${waiting.endpoint}::endpoint_type, ${now}::timestamptz)`
    const resolved = await transaction
      .updateTable('service_request')
      .set({ service_request_id: service_request_id ?? next })
      .where('id', '=', waiting.id)
      .returning('service_request_id')
      .executeTakeFirstOrThrow()
    await transaction.updateTable('token').set({ resolved: now }).where('token', '=', token).execute()
    return resolved.service_request_id!
  })
}

/** True if `error` says that another service request has the id. */
export function isIdTaken(error: unknown): boolean {
  return (error as { constraint?: string }).constraint === 'service_request_by_id'
}
