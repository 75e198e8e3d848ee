import { sql } from 'kysely'
import type { Store } from './database.js'

/** Tells the planner what is in the table now: the embedded database has nobody else who would. */
export async function refreshStatistics(store: Store): Promise<void> {
  await sql`analyze service_request`.execute(store)
}

/** What a server of PostgreSQL does by itself, and the embedded database does not: old rows go, the planner knows the new. */
export async function vacuum(store: Store): Promise<void> {
  await sql`vacuum (analyze) service_request`.execute(store)
}
