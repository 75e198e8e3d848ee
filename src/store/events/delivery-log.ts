import { sql } from 'kysely'
import type { Datetime } from '../../standard/datetime.js'
import type { EventKind } from '../../standard/events.js'
import type { DeliveryState } from '../../standard/webhooks.js'
import type { Store } from '../database/database.js'

/** A delivery as the log tells it, with what came of its last attempt. */
export interface DeliveryRecord {
  position: number
  kind: EventKind
  service_request_id: string | null
  state: DeliveryState
  attempts: number
  ended: Datetime | null
  /** Of the last attempt; null: there was none. */
  datetime: Datetime | null
  status: number | null
  fault: string | null
}

/** The deliveries of a webhook, newest first; before a position, in a state, if those are given. */
export async function listDeliveries(
  store: Store,
  webhook_id: number,
  { state, before, most }: { state?: DeliveryState | undefined; before?: number | undefined; most: number },
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
            .select(['a.datetime', 'a.status', 'a.fault'])
            .orderBy('a.attempt_id', 'desc')
            .limit(1)
            .as('last'),
        (join) => join.onTrue(),
      )
      .where('d.webhook_id', '=', webhook_id)
      // As literals: only then are the indexes of a state known to fit.
      .$if(state !== undefined, (select) => select.where('d.state', '=', sql.lit(state!)))
      .$if(before !== undefined, (select) => select.where('d.position', '<', before!))
      .select(['d.position', 'e.kind', 'r.service_request_id', 'd.state', 'd.attempts', 'd.ended'])
      .select(['last.datetime', 'last.status', 'last.fault'])
      .orderBy('d.position', 'desc')
      .limit(most)
      .execute()
  )
}

/** One attempt at a delivery. */
export interface AttemptRecord {
  datetime: Datetime
  /** Of HTTP; null: there was no answer. */
  status: number | null
  fault: string | null
  milliseconds: number
}

/** Every attempt at a delivery, the first one first. */
export async function listAttempts(
  store: Store,
  { webhook_id, position }: { webhook_id: number; position: number },
): Promise<AttemptRecord[]> {
  return store
    .selectFrom('delivery_attempt')
    .where('webhook_id', '=', webhook_id)
    .where('position', '=', position)
    .select(['datetime', 'status', 'fault', 'milliseconds'])
    .orderBy('attempt_id')
    .execute()
}

/**
 * Makes deliveries wait again, in their order, before all newer ones: those that were given up, or everything `from` a
 * position on that is still in the log. Gives how many; undefined if there is no such webhook.
 */
export async function replayDeliveries(
  store: Store,
  webhook_id: number,
  from: number | null,
): Promise<number | undefined> {
  return store.transaction().execute(async (transaction) => {
    const webhook = await transaction
      .updateTable('webhook')
      .set({ due: sql`now()` })
      .where('webhook_id', '=', webhook_id)
      .returning('webhook_id')
      .executeTakeFirst()
    if (!webhook) return undefined
    const { numUpdatedRows } = await transaction
      .updateTable('delivery')
      .set({ state: 'waiting', attempts: 0, ended: null })
      .where('webhook_id', '=', webhook_id)
      .$if(from === null, (update) => update.where('state', '=', sql.lit('dead')))
      .$if(from !== null, (update) => update.where('position', '>=', from!).where('state', '<>', 'waiting'))
      .executeTakeFirst()
    return Number(numUpdatedRows)
  })
}
