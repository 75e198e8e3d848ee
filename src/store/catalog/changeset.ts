import { sql } from 'kysely'
import type { Datetime } from '../../standard/datetime.js'
import type { Store } from '../database/database.js'

/** Serializes changes to the catalog of a jurisdiction until the end of the transaction. */
export async function lockCatalog(transaction: Store, jurisdiction_id: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext(${`catalog of ${jurisdiction_id}`}))`.execute(transaction)
}

/**
 * Sets the changeset of a jurisdiction (DISC-07); at least one second later than before, so that
 * each value is unique.
 */
export async function bumpChangeset(store: Store, jurisdiction_id: string, now: Datetime): Promise<void> {
  await store
    .updateTable('jurisdiction')
    .set({ changeset: sql`greatest(${now}::timestamptz, changeset + interval '1 second')` })
    .where('jurisdiction_id', '=', jurisdiction_id)
    .execute()
}
