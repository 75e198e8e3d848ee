import { sql } from 'kysely'
import type { Store } from '../database/database.js'
import { SEQUENCER_LOCK } from '../database/event-context.js'
import { batchSize, fanOutDeliveries } from './fan-out-deliveries.js'

/** Events numbered at once, at most. */
const MAX_BATCH = 5000

/** Heard by every process when events were numbered. */
export const EVENT_CHANNEL = 'event'

/**
 * Numbers the events whose transactions have ended since the last time, and tells every process. Numbers are given
 * after the fact, by one process at a time: a number once seen, no smaller one ever appears. In the same transaction
 * they are put before the webhooks that want them (EXT-37). Of one service request the order is that of the changes,
 * because each waits for the row until the one before has ended. Gives how many there were; 0 also while another process
 * is at it.
 */
export async function sequenceEvents(store: Store): Promise<number> {
  const waiting = await store
    .selectFrom('event')
    .where('position', 'is', null)
    .select('event_id')
    .limit(1)
    .execute()
  if (waiting.length === 0) return 0
  return store.transaction().execute(async (transaction) => {
    const lock = await sql<{
      taken: boolean
    }>`select pg_try_advisory_xact_lock(${sql.lit(SEQUENCER_LOCK)}) as taken`.execute(transaction)
    if (!lock.rows[0]!.taken) return 0
    const { rows } = await sql<{ count: number }>`
      with waiting as (
        select w.event_id, w.jurisdiction_id, w.endpoint, w.tells,
               row_number() over (partition by w.jurisdiction_id, w.endpoint order by w.event_id) as nth,
               count(w.tells) over (partition by w.jurisdiction_id, w.endpoint order by w.event_id) as nth_telling
          from (select * from event where position is null order by event_id limit ${batchSize(MAX_BATCH)}) as w
      ), last as materialized (
        select p.jurisdiction_id, p.endpoint, coalesce(n.position, 0) as position, coalesce(n.seq, 0) as seq,
               p.count, p.telling
          from (select jurisdiction_id, endpoint, count(*) as count, count(tells) as telling
                  from waiting group by jurisdiction_id, endpoint) as p
          left join numbered as n using (jurisdiction_id, endpoint)
      ), counted as (
        insert into numbered (jurisdiction_id, endpoint, position, seq)
        select jurisdiction_id, endpoint, position + count, seq + telling from last
            on conflict (jurisdiction_id, endpoint) do update
           set position = excluded.position, seq = excluded.seq
      ), told as (
        update event as e
           set position = l.position + w.nth,
               seq = case when w.tells is not null then l.seq + w.nth_telling end,
               told = clock_timestamp()
          from waiting as w
          join last as l using (jurisdiction_id, endpoint)
         where e.event_id = w.event_id
        returning e.*
      ), ${fanOutDeliveries}
      select t.count, pg_notify(${EVENT_CHANNEL}, '') from (select count(*) from told) as t`.execute(
      transaction,
    )
    return rows[0]!.count
  })
}
