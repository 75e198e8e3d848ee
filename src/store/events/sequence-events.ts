import { sql } from 'kysely'
import type { Store } from '../database/database.js'
import { SEQUENCER_LOCK } from '../database/event-context.js'
import { batchSize, fanOutDeliveries } from './fan-out-deliveries.js'

const MAX_BATCH = 5000

/** NOTIFY channel: new events have a position. */
export const EVENT_CHANNEL = 'event'

/**
 * Assigns `position` and `seq` to committed events, in one process at a time, and notifies all
 * processes. Positions only grow: after a position is visible, no smaller one appears. The same
 * transaction inserts the deliveries of webhooks (EXT-37). Events of one service request are in the
 * order of its changes, because a change locks the row until its commit. Returns the number of
 * events; 0 also if another process holds the lock.
 */
export async function sequenceEvents(store: Store): Promise<number> {
  const pending = await store
    .selectFrom('event')
    .where('position', 'is', null)
    .select('event_id')
    .limit(1)
    .execute()
  if (pending.length === 0) return 0
  return store.transaction().execute(async (transaction) => {
    const lock = await sql<{
      taken: boolean
    }>`select pg_try_advisory_xact_lock(${sql.lit(SEQUENCER_LOCK)}) as taken`.execute(transaction)
    if (!lock.rows[0]!.taken) return 0
    const { rows } = await sql<{ count: number }>`
      with unsequenced as (
        select w.event_id, w.jurisdiction_id, w.endpoint, w.change_type,
               row_number() over (partition by w.jurisdiction_id, w.endpoint order by w.event_id) as nth,
               count(w.change_type) over (partition by w.jurisdiction_id, w.endpoint order by w.event_id) as nth_change
          from (select * from event where position is null order by event_id limit ${batchSize(MAX_BATCH)}) as w
      ), last as materialized (
        select p.jurisdiction_id, p.endpoint, coalesce(n.position, 0) as position, coalesce(n.seq, 0) as seq,
               p.count, p.changes
          from (select jurisdiction_id, endpoint, count(*) as count, count(change_type) as changes
                  from unsequenced group by jurisdiction_id, endpoint) as p
          left join event_sequence as n using (jurisdiction_id, endpoint)
      ), counted as (
        insert into event_sequence (jurisdiction_id, endpoint, position, seq)
        select jurisdiction_id, endpoint, position + count, seq + changes from last
            on conflict (jurisdiction_id, endpoint) do update
           set position = excluded.position, seq = excluded.seq
      ), sequenced as (
        update event as e
           set position = l.position + w.nth,
               seq = case when w.change_type is not null then l.seq + w.nth_change end,
               published_at = clock_timestamp()
          from unsequenced as w
          join last as l using (jurisdiction_id, endpoint)
         where e.event_id = w.event_id
        returning e.*
      ), ${fanOutDeliveries}
      select t.count, pg_notify(${EVENT_CHANNEL}, '') from (select count(*) from sequenced) as t`.execute(
      transaction,
    )
    return rows[0]!.count
  })
}
