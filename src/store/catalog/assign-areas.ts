import { sql } from 'kysely'
import type { Store } from '../database/database.js'

/** How far the work for one jurisdiction has come: ids up to `done` of `last` were looked at. */
export interface AssignmentProgress {
  jurisdiction_id: string
  done: number
  last: number
}

/** Ids looked at in one transaction: few enough that nobody waits for long. */
const BATCH_SIZE = 2000

/** Milliseconds to wait for those who are writing: as long, others wait who want to write. */
const LOCK_TIMEOUT_MS = 50

/** SQLSTATE of a lock that was waited for in vain. */
const LOCK_NOT_AVAILABLE = '55P03'

/** Whether there are service requests that wait for their areas. */
export async function hasPendingAssignments(store: Store): Promise<boolean> {
  return (await store.selectFrom('area_assignment').select('round').executeTakeFirst()) !== undefined
}

/**
 * Gives some of the service requests whose areas may have changed their areas again, those of one jurisdiction. Null
 * when there is nothing to do, when somebody else is doing it, or has been writing for long. Any number of processes may
 * call it at once; what one leaves undone another goes on with.
 */
export async function assignNextAreas(store: Store): Promise<AssignmentProgress | null> {
  await beginAssignments(store)
  return store.transaction().execute(async (transaction) => {
    const work = await transaction
      .selectFrom('area_assignment')
      .where('last', 'is not', null)
      .select(['jurisdiction_id', 'done', 'last'])
      .orderBy('jurisdiction_id')
      .limit(1)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst()
    if (!work) return null
    const { jurisdiction_id, last } = work
    const done = Math.min(work.done + BATCH_SIZE, last!)
    await sql`
      update service_request as r
         set area_ids = areas_at(r.jurisdiction_id, r.geom)
        from area_assignment as a
       where a.jurisdiction_id = ${jurisdiction_id} and r.jurisdiction_id = a.jurisdiction_id
         and r.id > ${work.done} and r.id <= ${done}
         and r.geom && a.place
         and r.area_ids is distinct from areas_at(r.jurisdiction_id, r.geom)`.execute(transaction)
    if (done < last!) {
      await transaction
        .updateTable('area_assignment')
        .set({ done })
        .where('jurisdiction_id', '=', jurisdiction_id)
        .execute()
    } else {
      await transaction.deleteFrom('area_assignment').where('jurisdiction_id', '=', jurisdiction_id).execute()
    }
    return { jurisdiction_id, done, last: last! }
  })
}

/**
 * Says up to which id the work has to go. Who was writing while the areas changed did not see the new ones: the lock
 * waits until all of them are done, and whoever comes later sees the new areas.
 */
async function beginAssignments(store: Store): Promise<void> {
  const begun = await store
    .selectFrom('area_assignment')
    .where('last', 'is', null)
    .select(['jurisdiction_id', 'round'])
    .execute()
  if (begun.length === 0) return
  const last = await findLastCommittedId(store)
  if (last === null) return
  for (const { jurisdiction_id, round } of begun) {
    await store
      .updateTable('area_assignment')
      .set({ last })
      .where('jurisdiction_id', '=', jurisdiction_id)
      .where('round', '=', round)
      .execute()
  }
}

/** The largest id when nobody is writing; null: there is always somebody. */
async function findLastCommittedId(store: Store): Promise<number | null> {
  try {
    return await store.transaction().execute(async (transaction) => {
      await sql`set local lock_timeout = ${sql.lit(LOCK_TIMEOUT_MS)}`.execute(transaction)
      await sql`lock table service_request in share mode`.execute(transaction)
      const { rows } = await sql<{ last: number }>`
        select coalesce(max(id), 0) as last from service_request`.execute(transaction)
      return rows[0]!.last
    })
  } catch (error) {
    if ((error as { code?: string }).code === LOCK_NOT_AVAILABLE) return null
    throw error
  }
}
