import { sql } from 'kysely'
import type { Datetime } from '../../standard/datetime.js'
import type { EventKind } from '../../standard/events.js'
import type { DeliveryState } from '../../standard/webhooks.js'
import type { Store } from '../database/database.js'

/** A delivery with its last attempt. */
export interface DeliveryRecord {
  position: number
  kind: EventKind
  service_request_id: string | null
  state: DeliveryState
  attempts: number
  ended_at: Datetime | null
  /** Of the last attempt; null: no attempt yet. */
  datetime: Datetime | null
  status: number | null
  error: string | null
}

/** Lists the deliveries of a webhook, newest first; with `before`, those with lower positions. */
export async function listDeliveries(
  store: Store,
  webhook_id: number,
  { state, before, limit }: { state?: DeliveryState | undefined; before?: number | undefined; limit: number },
): Promise<DeliveryRecord[]> {
  return (
    store
      .selectFrom('delivery as d')
      .innerJoin('event as e', 'e.event_id', 'd.event_id')
      .innerJoin('service_request as r', 'r.id', 'e.service_request')
      .leftJoinLateral(
        (select) =>
          select
            .selectFrom('delivery_attempt as a')
            .whereRef('a.webhook_id', '=', 'd.webhook_id')
            .whereRef('a.position', '=', 'd.position')
            .select(['a.datetime', 'a.status', 'a.error'])
            .orderBy('a.attempt_id', 'desc')
            .limit(1)
            .as('last'),
        (join) => join.onTrue(),
      )
      .where('d.webhook_id', '=', webhook_id)
      // A literal, so that the planner can use the partial index of the state.
      .$if(state !== undefined, (select) => select.where('d.state', '=', sql.lit(state!)))
      .$if(before !== undefined, (select) => select.where('d.position', '<', before!))
      .select(['d.position', 'e.kind', 'r.service_request_id', 'd.state', 'd.attempts', 'd.ended_at'])
      .select(['last.datetime', 'last.status', 'last.error'])
      .orderBy('d.position', 'desc')
      .limit(limit)
      .execute()
  )
}

export interface AttemptRecord {
  datetime: Datetime
  /** HTTP status; null: no response. */
  status: number | null
  error: string | null
  duration_ms: number
}

/** Lists the attempts of a delivery, oldest first. */
export async function listAttempts(
  store: Store,
  { webhook_id, position }: { webhook_id: number; position: number },
): Promise<AttemptRecord[]> {
  return store
    .selectFrom('delivery_attempt')
    .where('webhook_id', '=', webhook_id)
    .where('position', '=', position)
    .select(['datetime', 'status', 'error', 'duration_ms'])
    .orderBy('attempt_id')
    .execute()
}

/**
 * Makes deliveries pending again, in their order: dead ones, or with `from` all that are in the log
 * from this position on. Returns their number; undefined if there is no such webhook.
 */
export async function replayDeliveries(
  store: Store,
  webhook_id: number,
  from: number | null,
): Promise<number | undefined> {
  return store.transaction().execute(async (transaction) => {
    const webhook = await transaction
      .updateTable('webhook')
      .set({ next_attempt_at: sql`now()` })
      .where('webhook_id', '=', webhook_id)
      .returning('webhook_id')
      .executeTakeFirst()
    if (!webhook) return undefined
    const { numUpdatedRows } = await transaction
      .updateTable('delivery')
      .set({ state: 'pending', attempts: 0, ended_at: null })
      .where('webhook_id', '=', webhook_id)
      .$if(from === null, (update) => update.where('state', '=', sql.lit('dead')))
      .$if(from !== null, (update) => update.where('position', '>=', from!).where('state', '<>', 'pending'))
      .executeTakeFirst()
    return Number(numUpdatedRows)
  })
}

/** Deliveries per statement. */
const PRUNE_BATCH_SIZE = 2000

/**
 * Deletes deliveries that ended more than `days` days ago, with their attempts, until `isStopped`
 * returns true.
 */
export async function pruneDeliveries(
  store: Store,
  days: number,
  isStopped: () => boolean = () => false,
): Promise<void> {
  while (!isStopped()) {
    const { numAffectedRows } = await sql`
      delete from delivery
       where (webhook_id, position) in (
         select webhook_id, position from delivery
          where ended_at < now() - ${days} * interval '1 day'
          order by ended_at
          limit ${sql.lit(PRUNE_BATCH_SIZE)})`.execute(store)
    if (Number(numAffectedRows) < PRUNE_BATCH_SIZE) return
  }
}
