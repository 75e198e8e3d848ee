import type { Datetime } from '../standard/datetime.js'
import type { Store } from './database.js'
import { tellOfEvent } from './events.js'
import { newServiceRequestId } from './new-id.js'
import type { Place } from './service-requests.js'

/** The id a token stands for: null while there is none (GR-TOK-04); undefined for unknown and expired tokens. */
export async function exchangeToken(
  store: Store,
  plan: Place & { token: string; resolvedSince: Datetime },
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
export interface PendingToken extends Place {
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

/**
 * Gives the service request of `token` its id: `service_request_id`, or the next of its jurisdiction. Resolving again
 * gives the same id. Undefined if there is no such token. Throws if the id is taken by another service request.
 */
export async function resolveToken(
  store: Store,
  {
    token,
    service_request_id,
    now,
  }: { token: string; service_request_id?: string | undefined; now: Datetime },
): Promise<string | undefined> {
  return store.transaction().execute(async (transaction) => {
    const waiting = await transaction
      .selectFrom('token as t')
      .innerJoin('service_request as r', 'r.id', 't.service_request')
      .where('t.token', '=', token)
      .select(['r.id', 'r.jurisdiction_id', 'r.endpoint', 'r.service_request_id'])
      .forUpdate()
      .executeTakeFirst()
    if (!waiting) return undefined
    if (waiting.service_request_id !== null) return waiting.service_request_id
    await tellOfEvent(transaction, { datetime: now })
    const resolved = await transaction
      .updateTable('service_request')
      .set({ service_request_id: service_request_id ?? newServiceRequestId({ ...waiting, now }) })
      .where('id', '=', waiting.id)
      .returning('service_request_id')
      .executeTakeFirstOrThrow()
    await transaction.updateTable('token').set({ resolved: now }).where('token', '=', token).execute()
    return resolved.service_request_id!
  })
}
