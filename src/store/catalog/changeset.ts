import { sql } from 'kysely'
import type { Datetime } from '../../standard/datetime.js'
import type { Store } from '../database/database.js'

/** Lets one transaction at a time change the catalog of a jurisdiction; `store` is that transaction. */
export async function lockCatalog(store: Store, jurisdiction_id: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext(${`catalog of ${jurisdiction_id}`}))`.execute(store)
}

/** Says that the catalog of a jurisdiction changed (DISC-07): never the same twice, however quickly changes follow. */
export async function bumpChangeset(store: Store, jurisdiction_id: string, now: Datetime): Promise<void> {
  await store
    .updateTable('jurisdiction')
    .set({ changeset: sql`greatest(${now}::timestamptz, changeset + interval '1 second')` })
    .where('jurisdiction_id', '=', jurisdiction_id)
    .execute()
}
