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
import { type LockedServiceRequest, lockServiceRequest, writeChange } from './locked-service-request.js'
import { ADDRESS_COLUMNS } from './update-service-request.js'

type ColumnChanges = Updateable<Tables['service_request']>

/** What can be taken out of a service request. */
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

interface ErasePlan {
  which: ServiceRequestLocator
  key_id: number
  now: Datetime
  /** Throws if it is not the version that was meant. */
  check(version: number): void
  media: {
    /** Forgets pictures of a service request that these addresses name, in this transaction. */
    detach(transaction: Store, service_request: number, media_urls: readonly string[]): Promise<void>
  }
}

export interface RedactPlan extends ErasePlan {
  fields: readonly Redactable[]
  /** Of these updates, what was said and shown, and who sent them. */
  update_ids: readonly string[]
}

/**
 * Takes out what should not have been there, here and where history repeats it; that it was done stays. Undefined if
 * there is no such service request; the update that it does not have, if one was named.
 */
export async function redact(
  store: Store,
  { fields, update_ids, ...plan }: RedactPlan,
): Promise<FullServiceRequest | { unknown: string } | undefined> {
  return store.transaction().execute(async (transaction) => {
    const current = await lockServiceRequest(transaction, plan.which)
    if (!current) return undefined
    plan.check(current.version)
    const updates = await transaction
      .selectFrom('event')
      .where('service_request', '=', current.id)
      .where(sql<boolean>`update_id = any(${update_ids}::uuid[])`)
      .select(['event_id', 'update_id', 'description', 'media_urls'])
      .execute()
    const unknown = update_ids.find((id) => !updates.some(({ update_id }) => update_id === id))
    if (unknown !== undefined) return { unknown }

    const set: ColumnChanges = Object.assign({}, ...fields.map((field) => clearField(field)))
    // The last word is also among the notes.
    const isLast = updates.some(
      ({ description }) => description !== null && description === current.status_notes,
    )
    if (isLast) set.status_notes = null
    if (set.status_notes === null) await clearNotes(transaction, current)
    if (fields.includes('media_urls')) await clearMediaUrls(transaction, current)
    if (fields.includes('reporter')) await deleteReporter(transaction, current)
    await clearUpdates(
      transaction,
      updates.map(({ event_id }) => event_id),
    )
    const shown = fields.includes('media_urls') ? current.media_urls : []
    const said = updates.flatMap(({ media_urls }) => media_urls)
    await plan.media.detach(transaction, current.id, [...shown, ...said])
    return writeRedaction(transaction, current, set, plan, { kind: 'redacted', key_id: plan.key_id })
  })
}

/**
 * Erases the person from a service request: who reported it, all that anyone wrote about it or showed, and what could
 * prove afterwards what that was. What, when and its status stay; where too, unless `place` is to go. Undefined if there
 * is no such service request.
 */
export async function erase(
  store: Store,
  { place, ...plan }: ErasePlan & { place: boolean },
): Promise<FullServiceRequest | undefined> {
  return store.transaction().execute(async (transaction) => {
    const current = await lockServiceRequest(transaction, plan.which)
    if (!current) return undefined
    plan.check(current.version)
    const events = await transaction
      .selectFrom('event')
      .where('service_request', '=', current.id)
      .select(['event_id', 'media_urls'])
      .execute()
    const fields = REDACTABLE.filter((field) => place || field !== 'place')
    const set: ColumnChanges = { ...Object.assign({}, ...fields.map(clearField)), exact: null }
    await deleteReporter(transaction, current)
    await clearUpdates(
      transaction,
      events.map(({ event_id }) => event_id),
    )
    // A digest of what was said would tell whoever guesses it that the guess is right.
    await transaction
      .updateTable('submission')
      .set({ fingerprint: Buffer.alloc(0) })
      .where('service_request', '=', current.id)
      .execute()
    const shown = [...current.media_urls, ...events.flatMap(({ media_urls }) => media_urls)]
    await plan.media.detach(transaction, current.id, [...new Set(shown)])
    return writeRedaction(transaction, current, set, plan, { kind: 'erased', key_id: plan.key_id })
  })
}

async function writeRedaction(
  transaction: Store,
  current: LockedServiceRequest,
  set: ColumnChanges,
  { which, now }: ErasePlan,
  told: EventContext,
): Promise<FullServiceRequest | undefined> {
  await clearRecordedResponses(transaction, current)
  await writeChange(transaction, current, set, { now, ...told })
  return findFullServiceRequest(transaction, which)
}

function clearField(field: Redactable): ColumnChanges {
  switch (field) {
    case 'address':
      return {
        ...Object.fromEntries(ADDRESS_COLUMNS.map((name) => [name, null])),
        exact: sql`exact - ${[...ADDRESS_COLUMNS]}::text[]`,
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

/** Status notes were said when they were written. */
async function clearNotes(transaction: Store, { id, status_notes }: LockedServiceRequest): Promise<void> {
  await transaction
    .updateTable('event')
    .set({ description: null })
    .where('service_request', '=', id)
    .where((where) =>
      where.or([sql<boolean>`changes ? 'status_notes'`, where('description', '=', status_notes)]),
    )
    .execute()
}

/** What the service request shows was shown when it came. */
async function clearMediaUrls(transaction: Store, { id, media_urls }: LockedServiceRequest): Promise<void> {
  await transaction
    .updateTable('event')
    .set({
      media_urls: sql`array(select url from unnest(media_urls) as url where url <> all(${media_urls}::text[]))`,
    })
    .where('service_request', '=', id)
    .where(sql<boolean>`media_urls && ${media_urls}::text[]`)
    .execute()
}

async function deleteReporter(transaction: Store, { id }: LockedServiceRequest): Promise<void> {
  await transaction.deleteFrom('reporter').where('service_request', '=', id).execute()
}

/** What was said and shown with these events, and who sent them. */
async function clearUpdates(transaction: Store, event_ids: readonly number[]): Promise<void> {
  if (event_ids.length === 0) return
  await transaction
    .updateTable('event')
    .set({ description: null, media_urls: [] })
    .where('event_id', 'in', event_ids)
    .execute()
  await transaction.deleteFrom('update_author').where('event_id', 'in', event_ids).execute()
}

/** Targets of webhooks may have answered with what they were told (EXT-37). */
async function clearRecordedResponses(transaction: Store, { id }: LockedServiceRequest): Promise<void> {
  await sql`
    update delivery_attempt as a
       set fault = null
      from event as e
      join delivery as d using (event_id)
     where e.service_request = ${id} and a.webhook_id = d.webhook_id and a.position = d.position
       and a.status is not null and a.fault is not null`.execute(transaction)
}
