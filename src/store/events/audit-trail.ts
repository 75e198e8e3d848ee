import { sql } from 'kysely'
import type { Datetime } from '../../standard/datetime.js'
import type { ChangeType, EventKind } from '../../standard/events.js'
import type { Endpoint, Status } from '../../standard/terms.js'
import type { Store } from '../database/database.js'
import type { UpdateAuthor } from '../database/event-tables.js'
import { matchesLocator, type ServiceRequestLocator } from '../service-requests/full-service-request.js'
import type { EndpointScope } from '../service-requests/public-service-requests.js'

/** An event with all its data, including API key and author. */
export interface AuditEvent {
  position: number | null
  seq: number | null
  /** Number of the service request. */
  number: number
  service_request_id: string | null
  endpoint: Endpoint
  update_id: string
  kind: EventKind
  change_type: ChangeType | null
  datetime: Datetime
  published_at: Datetime | null
  key_id: number | null
  key_name: string | null
  status: Status
  detailed_status: string | null
  description: string | null
  media_urls: string[]
  changes: Record<string, unknown>
  author: UpdateAuthor | null
}

const AUTHOR = ['email', 'first_name', 'last_name', 'phone', 'account_id'] as const

function selectEvents(store: Store) {
  return store
    .selectFrom('event as e')
    .innerJoin('service_request as r', 'r.id', 'e.service_request')
    .leftJoin('api_key as k', 'k.key_id', 'e.key_id')
    .leftJoin('update_author as a', 'a.event_id', 'e.event_id')
    .select(['e.position', 'e.seq', 'r.id as number', 'r.service_request_id', 'e.endpoint', 'e.update_id'])
    .select(['e.kind', 'e.change_type', 'e.datetime', 'e.published_at', 'e.key_id', 'k.name as key_name'])
    .select(['e.status', 'e.detailed_status', 'e.description', 'e.media_urls', 'e.changes'])
    .select(
      sql<UpdateAuthor | null>`case when a.event_id is not null then jsonb_build_object(${sql.join(
        AUTHOR.flatMap((name) => [sql.lit(name), sql.ref(`a.${name}`)]),
      )}) end`.as('author'),
    )
}

/**
 * Lists all events of a service request, oldest first; undefined if there is no such service
 * request.
 */
export async function listServiceRequestEvents(
  store: Store,
  locator: ServiceRequestLocator,
): Promise<AuditEvent[] | undefined> {
  const events = await selectEvents(store).where(matchesLocator(locator)).orderBy('e.event_id').execute()
  // Every service request has at least the event that created it.
  return events.length === 0 ? undefined : events
}

/** Lists up to `rows` events of an endpoint after a position, in order. */
export async function listEventsAfter(
  store: Store,
  { jurisdiction_id, endpoint, after, rows }: EndpointScope & { after: number; rows: number },
): Promise<AuditEvent[]> {
  return selectEvents(store)
    .where('e.jurisdiction_id', '=', jurisdiction_id)
    .where('e.endpoint', '=', endpoint)
    .where('e.position', '>', after)
    .orderBy('e.position')
    .limit(rows)
    .execute()
}
