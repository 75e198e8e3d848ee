import { sql, type Updateable } from 'kysely'
import type { Datetime } from '../../standard/datetime.js'
import type { Store } from '../database/database.js'
import { type EventContext, setEventContext } from '../database/event-context.js'
import { selectLat, selectLong } from '../database/geometry.js'
import type { Tables } from '../database/tables.js'
import { matchesLocator, type ServiceRequestLocator } from './full-service-request.js'

/** A service request whose row is locked until the end of the transaction. */
export type LockedServiceRequest = Awaited<ReturnType<typeof lockServiceRequest>> & {}

/**
 * Locks the service before its service request, in the order of a catalog load, to avoid deadlocks.
 * Changes share the lock; a load that changes the service excludes them.
 */
async function lockServiceForShare(transaction: Store, locator: ServiceRequestLocator): Promise<void> {
  await sql`
    select from service as s
     where (s.jurisdiction_id, s.service_code) in (select r.jurisdiction_id, r.service_code from service_request as r where ${matchesLocator(locator)})
       for share`.execute(transaction)
}

/** Locks a service request for a change; waits for other changes. Undefined if there is none. */
export async function lockServiceRequest(transaction: Store, locator: ServiceRequestLocator) {
  await lockServiceForShare(transaction, locator)
  return transaction
    .selectFrom('service_request as r')
    .where(matchesLocator(locator))
    .select(['r.id', 'r.version', 'r.visibility', 'r.status', 'r.detailed_status', 'r.status_notes'])
    .select(['r.closing_reason', 'r.duplicate_of', 'r.service_code', 'r.description', 'r.media_urls'])
    .select(['r.agency_responsible', 'r.service_notice', 'r.requested_datetime', 'r.expected_datetime'])
    .select(['r.address', 'r.address_id', 'r.zipcode', 'r.exact_location'])
    .select([selectLat('r.geom').as('lat'), selectLong('r.geom').as('long')])
    .forUpdate()
    .executeTakeFirst()
}

/**
 * Changes a locked service request; triggers record the event. `updated_datetime` changes with
 * public fields, `closed_datetime` with the status.
 */
export async function writeChange(
  transaction: Store,
  { id, status }: Pick<LockedServiceRequest, 'id' | 'status'>,
  set: Updateable<Tables['service_request']>,
  { now, ...context }: EventContext & { now: Datetime },
): Promise<void> {
  const { datetime = now } = context
  await setEventContext(transaction, { ...context, datetime, now })
  const closed =
    set.status && set.status !== status ? { closed_datetime: set.status === 'closed' ? datetime : null } : {}
  await transaction
    .updateTable('service_request')
    // An update without other columns still needs a column to set, so that the trigger records the
    // event.
    .set({ version: sql`version`, ...closed, ...set })
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirstOrThrow()
  await setEventContext(transaction, {})
}

/** Returns the newest event of a locked service request; the lock excludes newer ones. */
export async function findNewestEvent(transaction: Store, { id }: Pick<LockedServiceRequest, 'id'>) {
  return transaction
    .selectFrom('event')
    .where('service_request', '=', id)
    .select(['event_id', 'update_id'])
    .orderBy('event_id', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()
}
