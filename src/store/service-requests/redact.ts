import { sql } from 'kysely'
import type { Store } from '../database/database.js'
import type { FullServiceRequest } from './full-service-request.js'
import { type LockedServiceRequest, lockServiceRequest } from './locked-service-request.js'
import {
  type ColumnChanges,
  clearField,
  clearUpdates,
  deleteReporter,
  type Redactable,
  type RedactionPlan,
  writeRedaction,
} from './redaction.js'

export interface RedactPlan extends RedactionPlan {
  fields: readonly Redactable[]
  /** Updates whose description, images and author are redacted. */
  update_ids: readonly string[]
}

/**
 * Redacts fields and updates, also where the history repeats them; an event records the redaction.
 * Returns undefined if there is no such service request, or the first update id that it does not
 * have.
 */
export async function redact(
  store: Store,
  { fields, update_ids, ...plan }: RedactPlan,
): Promise<FullServiceRequest | { unknown: string } | undefined> {
  return store.transaction().execute(async (transaction) => {
    const current = await lockServiceRequest(transaction, plan.locator)
    if (!current) return undefined
    plan.checkVersion(current.version)
    const updates = await transaction
      .selectFrom('event')
      .where('service_request', '=', current.id)
      .where(sql<boolean>`update_id = any(${update_ids}::uuid[])`)
      .select(['event_id', 'update_id', 'description', 'media_urls'])
      .execute()
    const unknown = update_ids.find((id) => !updates.some(({ update_id }) => update_id === id))
    if (unknown !== undefined) return { unknown }

    const set: ColumnChanges = Object.assign({}, ...fields.map((field) => clearField(field)))
    // The description of the newest update is also in status_notes.
    const isInStatusNotes = updates.some(
      ({ description }) => description !== null && description === current.status_notes,
    )
    if (isInStatusNotes) set.status_notes = null
    if (set.status_notes === null) await clearNotes(transaction, current)
    if (fields.includes('media_urls')) await clearMediaUrls(transaction, current)
    if (fields.includes('reporter')) await deleteReporter(transaction, current)
    await clearUpdates(
      transaction,
      updates.map(({ event_id }) => event_id),
    )
    const own = fields.includes('media_urls') ? current.media_urls : []
    const ofUpdates = updates.flatMap(({ media_urls }) => media_urls)
    await plan.media.detach(transaction, current.id, [...own, ...ofUpdates])
    return writeRedaction(transaction, current, set, plan, { kind: 'redacted', key_id: plan.key_id })
  })
}

/** Clears events that repeat the status notes. */
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

/** Removes the images of the service request from its events. */
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
