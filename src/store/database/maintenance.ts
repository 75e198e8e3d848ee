import { sql } from 'kysely'
import type { Store } from './database.js'

/** Updates the statistics of the planner: the embedded database has no autovacuum. */
export async function refreshStatistics(store: Store): Promise<void> {
  await sql`analyze service_request`.execute(store)
}

/** Removes dead rows and updates statistics: the embedded database has no autovacuum. */
export async function vacuum(store: Store): Promise<void> {
  await sql`vacuum (analyze) service_request`.execute(store)
}
