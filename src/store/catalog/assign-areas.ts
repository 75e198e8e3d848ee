import { sql } from 'kysely'
import type { Store } from '../database/database.js'

/** Progress in one jurisdiction: service requests up to number `done_id` of `last_id` are checked. */
export interface AssignmentProgress {
  jurisdiction_id: string
  done_id: number
  last_id: number
}

/** Numbers per transaction: bounds the time that other writers wait. */
const BATCH_SIZE = 2000

/** Bounds the wait for running writes; new writes wait as long. */
const LOCK_TIMEOUT_MS = 50

/** SQLSTATE lock_not_available. */
const LOCK_NOT_AVAILABLE = '55P03'

export async function hasPendingAssignments(store: Store): Promise<boolean> {
  return (await store.selectFrom('area_assignment').select('generation').executeTakeFirst()) !== undefined
}

/**
 * Assigns areas again to the next batch of service requests of one jurisdiction. Returns null if
 * nothing is pending, if another process does it, or if a write takes long. Safe to call in any
 * number of processes.
 */
export async function assignNextAreas(store: Store): Promise<AssignmentProgress | null> {
  await beginAssignments(store)
  return store.transaction().execute(async (transaction) => {
    const pending = await transaction
      .selectFrom('area_assignment')
      .where('last_id', 'is not', null)
      .select(['jurisdiction_id', 'done_id', 'last_id'])
      .orderBy('jurisdiction_id')
      .limit(1)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst()
    if (!pending) return null
    const { jurisdiction_id, last_id } = pending
    const done_id = Math.min(pending.done_id + BATCH_SIZE, last_id!)
    await sql`
      update service_request as r
         set area_ids = areas_at(r.jurisdiction_id, r.geom)
        from area_assignment as a
       where a.jurisdiction_id = ${jurisdiction_id} and r.jurisdiction_id = a.jurisdiction_id
         and r.id > ${pending.done_id} and r.id <= ${done_id}
         and r.geom && a.extent
         and r.area_ids is distinct from areas_at(r.jurisdiction_id, r.geom)`.execute(transaction)
    if (done_id < last_id!) {
      await transaction
        .updateTable('area_assignment')
        .set({ done_id })
        .where('jurisdiction_id', '=', jurisdiction_id)
        .execute()
    } else {
      await transaction.deleteFrom('area_assignment').where('jurisdiction_id', '=', jurisdiction_id).execute()
    }
    return { jurisdiction_id, done_id, last_id: last_id! }
  })
}

/**
 * Sets the last number to check. Transactions that wrote while the areas changed may have used the
 * old areas: the lock waits for their end. Later transactions use the new areas.
 */
async function beginAssignments(store: Store): Promise<void> {
  const newAssignments = await store
    .selectFrom('area_assignment')
    .where('last_id', 'is', null)
    .select(['jurisdiction_id', 'generation'])
    .execute()
  if (newAssignments.length === 0) return
  const last_id = await findLastCommittedId(store)
  if (last_id === null) return
  for (const { jurisdiction_id, generation } of newAssignments) {
    await store
      .updateTable('area_assignment')
      .set({ last_id })
      .where('jurisdiction_id', '=', jurisdiction_id)
      .where('generation', '=', generation)
      .execute()
  }
}

/** Returns the largest number while no transaction writes; null if the lock times out. */
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
