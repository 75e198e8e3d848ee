import { type RawBuilder, sql, type Updateable } from 'kysely'
import type { Datetime } from '../standard/datetime.js'
import type { Status } from '../standard/terms.js'
import type { Store } from './database.js'
import { type ToldOfEvent, tellOfEvent } from './events.js'
import type { Place } from './service-requests.js'
import type { Tables } from './tables.js'

/** A service request that is being changed: its row is locked until the transaction ends. */
export type LockedServiceRequest = Pick<
  Tables['service_request'],
  'service_request_id' | 'service_code' | 'status_notes' | 'detailed_status' | 'requested_datetime'
> & { id: number; version: number; status: Status; visibility: 'public' | 'moderated' | 'private' }

/**
 * Before service requests are changed: shares their service with others who change some, and waits for a load that
 * changes it. A load takes the service first and its service requests then; so does everyone.
 */
export async function shareService(transaction: Store, of: RawBuilder<boolean>): Promise<void> {
  await sql`
    select from service as s
     where (s.jurisdiction_id, s.service_code) in (select r.jurisdiction_id, r.service_code from service_request as r where ${of})
       for share`.execute(transaction)
}

/** Locks a service request for a change; undefined if there is none. Waits for who is changing it. */
export async function lockServiceRequest(
  transaction: Store,
  { jurisdiction_id, endpoint, service_request_id }: Place & { service_request_id: string },
): Promise<LockedServiceRequest | undefined> {
  const isMeant = sql<boolean>`r.jurisdiction_id = ${jurisdiction_id} and r.endpoint = ${endpoint}
    and r.service_request_id = ${service_request_id}`
  await shareService(transaction, isMeant)
  return transaction
    .selectFrom('service_request as r')
    .where(isMeant)
    .select([
      'id',
      'version',
      'service_request_id',
      'service_code',
      'status',
      'status_notes',
      'detailed_status',
    ])
    .select(['visibility', 'requested_datetime'])
    .forUpdate()
    .executeTakeFirst()
}

/** What a change wrote. */
export interface Changed {
  version: number
  /** null: nothing was different. */
  event: { event_id: number; update_id: string } | null
}

/**
 * Changes a locked service request and tells of it. With what the public can see moves `updated_datetime`, and
 * with the status the time of its closing.
 */
export async function changeServiceRequest(
  transaction: Store,
  { id, status }: Pick<LockedServiceRequest, 'id' | 'status'>,
  set: Updateable<Tables['service_request']>,
  { now, ...told }: ToldOfEvent & { now: Datetime },
): Promise<Changed> {
  const { datetime = now } = told
  const before = await newestEventOf(transaction, id)
  await tellOfEvent(transaction, { ...told, datetime, now })
  const turned =
    set.status && set.status !== status ? { closed_datetime: set.status === 'closed' ? datetime : null } : {}
  const { version } = await transaction
    .updateTable('service_request')
    // Something has to be set, also when something is only said.
    .set({ version: sql`version`, ...turned, ...set })
    .where('id', '=', id)
    .returning('version')
    .executeTakeFirstOrThrow()
  await tellOfEvent(transaction, {})
  // Nobody else can have added one: the row is locked.
  const event = await newestEventOf(transaction, id)
  return { version, event: event && event.event_id !== before?.event_id ? event : null }
}

async function newestEventOf(transaction: Store, id: number) {
  return transaction
    .selectFrom('event')
    .where('service_request', '=', id)
    .select(['event_id', 'update_id'])
    .orderBy('event_id', 'desc')
    .limit(1)
    .executeTakeFirst()
}
