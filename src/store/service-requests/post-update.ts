import { sql } from 'kysely'
import type { Datetime } from '../../standard/datetime.js'
import { isUuid } from '../../standard/events.js'
import type { StatusMeaning } from '../../standard/status-words.js'
import type { Status } from '../../standard/terms.js'
import type { Store } from '../database/database.js'
import { UNIQUE_VIOLATION } from '../database/errors.js'
import type { UpdateAuthor } from '../database/event-tables.js'
import { findNewestEvent, lockServiceRequest, writeChange } from './locked-service-request.js'
import { attachMedia } from './media.js'
import type { EndpointScope } from './public-service-requests.js'

export interface UpdatePlan extends EndpointScope {
  service_request_id: string
  key_id: number
  /** Id at the sender; null: none, so that a repetition is not detected. */
  update_id: string | null
  /** null: unchanged. */
  meaning: StatusMeaning | null
  description: string | null
  media_urls: readonly string[]
  /** Stored images to attach to the service request. */
  media_ids?: readonly string[]
  author: UpdateAuthor
  /** Time of the event according to the sender. */
  datetime: Datetime
  now: Datetime
}

/**
 * Adds an update to a service request and returns its id here. A repetition by the same sender
 * returns the first id; so does an update that comes back from another server (EXT-37).
 * Undefined if there is no such service request.
 */
export async function postUpdate(store: Store, plan: UpdatePlan): Promise<string | undefined> {
  try {
    return (await findSentUpdate(store, plan)) ?? (await writeUpdate(store, plan))
  } catch (error) {
    // The same update arrived twice at once.
    if ((error as { code?: string }).code !== UNIQUE_VIOLATION) throw error
    return findSentUpdate(store, plan)
  }
}

async function findSentUpdate(store: Store, plan: UpdatePlan): Promise<string | undefined> {
  if (plan.update_id === null) return undefined
  const event = await store
    .selectFrom('received_update as u')
    .innerJoin('event as e', 'e.event_id', 'u.event_id')
    .where('u.key_id', '=', plan.key_id)
    .where('u.jurisdiction_id', '=', plan.jurisdiction_id)
    .where('u.endpoint', '=', plan.endpoint)
    .where('u.update_id', '=', plan.update_id)
    .select('e.update_id')
    .executeTakeFirst()
  return event?.update_id
}

/**
 * Finds an update by a UUID, ours or its sender's: otherwise two servers that forward all updates
 * to each other would never stop. Requires equal content for an id of a sender, so that a reused id
 * does not hide an update.
 */
async function findForwardedUpdate(
  transaction: Store,
  service_request: number,
  { update_id, description, meaning }: UpdatePlan,
  datetime: Datetime,
): Promise<string | undefined> {
  if (update_id === null || !isUuid(update_id)) return undefined
  const event = await transaction
    .selectFrom('event as e')
    .leftJoin('received_update as u', 'u.event_id', 'e.event_id')
    .where('e.service_request', '=', service_request)
    .where((where) =>
      where.or([
        where('e.update_id', '=', update_id),
        where.and([
          where('u.update_id', '=', update_id),
          where('e.datetime', '=', datetime),
          where('e.description', 'is not distinct from', description),
          sql<boolean>`e.changes ->> 'said_status' is not distinct from ${meaning && statusCode(meaning)}::text`,
        ]),
      ]),
    )
    .select('e.update_id')
    .executeTakeFirst()
  return event?.update_id
}

async function writeUpdate(store: Store, plan: UpdatePlan): Promise<string | undefined> {
  const { jurisdiction_id, endpoint, key_id, update_id, description, media_urls, author, now } = plan
  return store.transaction().execute(async (transaction) => {
    const locked = await lockServiceRequest(transaction, plan)
    if (!locked) return undefined
    // An update is never earlier than its service request.
    const datetime = plan.datetime < locked.requested_datetime ? locked.requested_datetime : plan.datetime
    const forwarded = await findForwardedUpdate(transaction, locked.id, plan, datetime)
    if (forwarded !== undefined) return forwarded
    const statusChange = await computeStatusChange(transaction, locked, plan)
    await writeChange(
      transaction,
      locked,
      {
        ...statusChange,
        ...(statusChange.status && description !== null ? { status_notes: description } : {}),
      },
      {
        now,
        key_id,
        datetime,
        description,
        media_urls,
        ...(Object.keys(statusChange).length === 0 ? { kind: 'noted' as const } : {}),
        ...(plan.meaning ? { said_status: statusCode(plan.meaning) } : {}),
      },
    )
    // Exists: the change has a new status or is of kind noted.
    const { event_id, update_id: own } = await findNewestEvent(transaction, locked)
    await attachMedia(transaction, locked.id, plan.media_ids ?? [])
    if (Object.values(author).some((value) => value !== null))
      await transaction
        .insertInto('update_author')
        .values({ event_id, ...author })
        .execute()
    if (update_id !== null)
      await transaction
        .insertInto('received_update')
        .values({ key_id, jurisdiction_id, endpoint, update_id, event_id })
        .execute()
    return own
  })
}

/**
 * Computes the new status of an update. An update older than the last statement on the status does
 * not change it. For two senders in the same second, the code that sorts first wins, so that two
 * servers that forward to each other converge.
 */
async function computeStatusChange(
  transaction: Store,
  locked: { id: number; status: Status; detailed_status: string | null },
  { meaning, datetime, key_id }: UpdatePlan,
): Promise<{ status?: Status; detailed_status?: string | null }> {
  if (!meaning) return {}
  const last = await transaction
    .selectFrom('event')
    .where('service_request', '=', locked.id)
    .where(sql<boolean>`changes ?| '{status,detailed_status,said_status}'`)
    .select(['datetime', 'key_id'])
    .orderBy('datetime', 'desc')
    .orderBy('event_id', 'desc')
    .limit(1)
    .executeTakeFirst()
  const isLate = last !== undefined && last.datetime > datetime
  const isTie = last !== undefined && last.datetime === datetime && last.key_id !== key_id
  const isSame =
    meaning.status === locked.status &&
    (meaning.detailed_status === null || meaning.detailed_status === locked.detailed_status)
  if (isSame || isLate || (isTie && statusCode(meaning) > statusCode(locked))) return {}
  return { ...meaning }
}

function statusCode({ status, detailed_status }: StatusMeaning): string {
  return detailed_status ?? status
}
