import { type RawBuilder, sql } from 'kysely'
import type { Datetime } from '../../standard/datetime.js'
import type { DeliveryState } from '../../standard/webhooks.js'
import type { Store } from '../database/database.js'

/** The right of one worker to deliver to a webhook until `leased_until`. */
export interface Lease {
  webhook_id: number
  lease_id: string
}

/** SQL for a time in the future, by the clock of the database: workers may run on several machines. */
const afterNow = (milliseconds: number): RawBuilder<Datetime> =>
  sql`now() + ${sql.lit(Math.round(milliseconds))} * interval '1 millisecond'`

/**
 * Leases up to `limit` webhooks with pending deliveries and without a lease, the longest due first.
 * Returns their ids. A lease expires after `leaseMs`, so that another worker takes over from a
 * killed one.
 */
export async function leaseWebhooks(
  store: Store,
  { lease_id, limit, leaseMs }: { lease_id: string; limit: number; leaseMs: number },
): Promise<number[]> {
  const { rows } = await sql<{ webhook_id: number }>`
    with found as (
      select w.webhook_id
        from webhook as w
       where w.paused_at is null and w.next_attempt_at <= now() and (w.leased_until is null or w.leased_until <= now())
         and exists (select from delivery as d where d.webhook_id = w.webhook_id and d.state = 'pending')
       order by w.next_attempt_at, w.webhook_id
       limit ${limit}
         for no key update skip locked
    )
    update webhook as w
       set lease_id = ${lease_id}, leased_until = ${afterNow(leaseMs)}
      from found as f
     where w.webhook_id = f.webhook_id
    returning w.webhook_id`.execute(store)
  return rows.map((row) => row.webhook_id)
}

/** The result of an attempt. */
export interface Attempt {
  /** New state of the delivery. */
  state: DeliveryState
  /** HTTP status; null: no response. */
  status: number | null
  error: string | null
  durationMs: number
  /** Time until the next attempt. */
  backoffMs: number
  /** True if the webhook pauses until it is resumed. */
  isPaused: boolean
}

/** Records an attempt and extends the lease by `leaseMs`. */
export async function recordAttempt(
  store: Store,
  { webhook_id, lease_id }: Lease,
  position: number,
  { state, status, error, durationMs, backoffMs, isPaused }: Attempt,
  leaseMs: number,
): Promise<void> {
  await sql`
    with ended as (
      update delivery
         set state = ${state}, attempts = attempts + 1, ended_at = case when ${state} <> 'pending' then now() end
       where webhook_id = ${webhook_id} and position = ${position} and state = 'pending'
      returning webhook_id, position
    ), logged as (
      insert into delivery_attempt (webhook_id, position, datetime, status, error, duration_ms)
      select webhook_id, position, now(), ${status}::integer, ${error}::text, ${Math.round(durationMs)}::integer
        from ended
    )
    update webhook
       set leased_until = ${afterNow(leaseMs)}, next_attempt_at = ${afterNow(backoffMs)},
           paused_at = case when ${isPaused}::boolean then now() else paused_at end
     where webhook_id = ${webhook_id} and lease_id = ${lease_id}`.execute(store)
}

/** Ends a lease. The next attempt starts after `delayMs`, or later if the webhook is due later. */
export async function releaseWebhook(
  store: Store,
  { webhook_id, lease_id }: Lease,
  delayMs: number,
): Promise<void> {
  await store
    .updateTable('webhook')
    .set({
      lease_id: null,
      leased_until: null,
      next_attempt_at: sql`greatest(next_attempt_at, ${afterNow(delayMs)})`,
    })
    .where('webhook_id', '=', webhook_id)
    .where('lease_id', '=', lease_id)
    .execute()
}
