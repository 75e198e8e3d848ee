import { sql, type Updateable } from 'kysely'
import type { Datetime } from '../../standard/datetime.js'
import type { Store } from '../database/database.js'
import type { EventContext } from '../database/event-context.js'
import type { Tables } from '../database/tables.js'
import {
  type FullServiceRequest,
  findFullServiceRequest,
  type ServiceRequestLocator,
} from './full-service-request.js'
import { type LockedServiceRequest, writeChange } from './locked-service-request.js'
import { ADDRESS_COLUMNS } from './update-service-request.js'

export type ColumnChanges = Updateable<Tables['service_request']>

/** Fields of a service request that can be redacted. */
export const REDACTABLE = [
  'description',
  'status_notes',
  'address',
  'place',
  'answers',
  'media_urls',
  'reporter',
] as const
export type Redactable = (typeof REDACTABLE)[number]

/** Arguments of redact and erase. */
export interface RedactionPlan {
  locator: ServiceRequestLocator
  key_id: number
  now: Datetime
  /** Throws if it is not the version that the client expects. */
  checkVersion(version: number): void
  media: {
    /** Detaches the images of the service request that these URLs name, in this transaction. */
    detach(transaction: Store, service_request: number, media_urls: readonly string[]): Promise<void>
  }
}

/** Writes the redacted columns with an event, and returns the result. */
export async function writeRedaction(
  transaction: Store,
  current: LockedServiceRequest,
  set: ColumnChanges,
  { locator, now }: RedactionPlan,
  event: EventContext,
): Promise<FullServiceRequest | undefined> {
  await writeChange(transaction, current, set, { now, ...event })
  return findFullServiceRequest(transaction, locator)
}

/** Column changes that clear a field. */
export function clearField(field: Redactable): ColumnChanges {
  switch (field) {
    case 'address':
      return {
        ...Object.fromEntries(ADDRESS_COLUMNS.map((name) => [name, null])),
        exact_location: sql`exact_location - ${[...ADDRESS_COLUMNS]}::text[]`,
      } as ColumnChanges
    case 'place':
      return { geom: null }
    case 'answers':
      return { answers: {} }
    case 'media_urls':
      return { media_urls: [] }
    case 'reporter':
      return {}
    default:
      return { [field]: null }
  }
}

export async function deleteReporter(transaction: Store, { id }: LockedServiceRequest): Promise<void> {
  await transaction.deleteFrom('reporter').where('service_request', '=', id).execute()
}

/** Clears descriptions, images and authors of these events. */
export async function clearUpdates(transaction: Store, event_ids: readonly number[]): Promise<void> {
  if (event_ids.length === 0) return
  await transaction
    .updateTable('event')
    .set({ description: null, media_urls: [] })
    .where('event_id', 'in', event_ids)
    .execute()
  await transaction.deleteFrom('update_author').where('event_id', 'in', event_ids).execute()
}
