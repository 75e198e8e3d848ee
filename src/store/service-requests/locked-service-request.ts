import { sql, type Updateable } from 'kysely'
import type { Datetime } from '../../standard/datetime.js'
import type { Store } from '../database/database.js'
import { type EventContext, setEventContext } from '../database/event-context.js'
import { selectLat, selectLong } from '../database/geometry.js'
import type { Tables } from '../database/tables.js'
import { matchesLocator, type ServiceRequestLocator } from './full-service-request.js'

/** A service request that is being changed: its row is locked until the transaction ends. */
export type LockedServiceRequest = Awaited<ReturnType<typeof lockServiceRequest>> & {}

/**
 * Before a service request is changed: shares its service with others who change some, and waits for a load that changes
 * it. A load takes the service first and its service requests then; so does everyone.
 */
async function lockServiceForShare(transaction: Store, which: ServiceRequestLocator): Promise<void> {
  await sql`
    select from service as s
     where (s.jurisdiction_id, s.service_code) in (select r.jurisdiction_id, r.service_code from service_request as r where ${matchesLocator(which)})
       for share`.execute(transaction)
}

/** Locks a service request for a change; undefined if there is none. Waits for who is changing it. */
export async function lockServiceRequest(transaction: Store, which: ServiceRequestLocator) {
  await lockServiceForShare(transaction, which)
  return transaction
    .selectFrom('service_request as r')
    .where(matchesLocator(which))
    .select(['r.id', 'r.version', 'r.visibility', 'r.status', 'r.detailed_status', 'r.status_notes'])
    .select(['r.closing_reason', 'r.duplicate_of', 'r.service_code', 'r.description', 'r.media_urls'])
    .select(['r.agency_responsible', 'r.service_notice', 'r.requested_datetime', 'r.expected_datetime'])
    .select(['r.address', 'r.address_id', 'r.zipcode', 'r.exact'])
    .select([selectLat('r.geom').as('lat'), selectLong('r.geom').as('long')])
    .forUpdate()
    .executeTakeFirst()
}

/**
 * Changes a locked service request and tells of it. With what the public can see moves `updated_datetime`, and
 * with the status the time of its closing.
 */
export async function writeChange(
  transaction: Store,
  { id, status }: Pick<LockedServiceRequest, 'id' | 'status'>,
  set: Updateable<Tables['service_request']>,
  { now, ...told }: EventContext & { now: Datetime },
): Promise<void> {
  const { datetime = now } = told
  await setEventContext(transaction, { ...told, datetime, now })
  const turned =
    set.status && set.status !== status ? { closed_datetime: set.status === 'closed' ? datetime : null } : {}
  await transaction
    .updateTable('service_request')
    // Something has to be set, also when something is only said.
    .set({ version: sql`version`, ...turned, ...set })
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirstOrThrow()
  await setEventContext(transaction, {})
}

/** What happened last to a locked service request: until the lock ends, nobody else adds to it. */
export async function findNewestEvent(transaction: Store, { id }: Pick<LockedServiceRequest, 'id'>) {
  return transaction
    .selectFrom('event')
    .where('service_request', '=', id)
    .select(['event_id', 'update_id'])
    .orderBy('event_id', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()
}
