import { sql } from 'kysely'
import { ENDPOINTS } from '../../standard/terms.js'
import type { Store } from '../database/database.js'
import { SEQUENCER_LOCK } from '../database/event-context.js'

/** Returns the sorted ids of all jurisdictions. */
export async function listJurisdictions(store: Store): Promise<string[]> {
  const rows = await store
    .selectFrom('jurisdiction')
    .select('jurisdiction_id')
    .orderBy('jurisdiction_id')
    .execute()
  return rows.map((row) => row.jurisdiction_id)
}

/** Returns the time zone of a jurisdiction; undefined if there is no such jurisdiction. */
export async function findTimeZone(store: Store, jurisdiction_id: string): Promise<string | undefined> {
  const row = await store
    .selectFrom('jurisdiction')
    .where('jurisdiction_id', '=', jurisdiction_id)
    .select('time_zone')
    .executeTakeFirst()
  return row?.time_zone
}

/** Counts the service requests of a jurisdiction on both endpoints. */
export async function countJurisdictionRequests(store: Store, jurisdiction_id: string): Promise<number> {
  const row = await store
    .selectFrom('service_request')
    .where('jurisdiction_id', '=', jurisdiction_id)
    .select((select) => select.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(row.count)
}

/** Deletes a jurisdiction with all its data, including service requests, reporters and keys. */
export async function removeJurisdiction(store: Store, jurisdiction_id: string): Promise<void> {
  await store.transaction().execute(async (transaction) => {
    // First of all locks: the sequencer locks events and then inserts deliveries of webhooks.
    await sql`select pg_advisory_xact_lock(${sql.lit(SEQUENCER_LOCK)})`.execute(transaction)
    for (const table of [
      // In the order in which other transactions lock rows, to avoid deadlocks.
      'area_assignment',
      'webhook',
      'submission',
      'received_update',
      'service_request',
      'area',
      'service',
      'detailed_status',
      'api_key',
      'jurisdiction',
    ] as const) {
      await transaction.deleteFrom(table).where('jurisdiction_id', '=', jurisdiction_id).execute()
    }
    for (const endpoint of ENDPOINTS) {
      const { rows } = await sql<{ name: string }>`
        select service_request_id_sequence(${jurisdiction_id}, ${endpoint}::endpoint_type) as name`.execute(
        transaction,
      )
      await sql`drop sequence if exists ${sql.id(rows[0]!.name)}`.execute(transaction)
    }
  })
}
