import type { Store } from '../database/database.js'
import type { FullServiceRequest } from './full-service-request.js'
import { lockServiceRequest } from './locked-service-request.js'
import {
  type ColumnChanges,
  clearField,
  clearUpdates,
  deleteReporter,
  REDACTABLE,
  type RedactionPlan,
  writeRedaction,
} from './redaction.js'

/**
 * Erases personal data from a service request: its reporter, all texts and images, and digests of
 * them. Service, times and status stay; the location stays unless `place` is true. Returns
 * undefined if there is no such service request.
 */
export async function erase(
  store: Store,
  { place, ...plan }: RedactionPlan & { place: boolean },
): Promise<FullServiceRequest | undefined> {
  return store.transaction().execute(async (transaction) => {
    const current = await lockServiceRequest(transaction, plan.locator)
    if (!current) return undefined
    plan.checkVersion(current.version)
    const events = await transaction
      .selectFrom('event')
      .where('service_request', '=', current.id)
      .select(['event_id', 'media_urls'])
      .execute()
    const fields = REDACTABLE.filter((field) => place || field !== 'place')
    const set: ColumnChanges = { ...Object.assign({}, ...fields.map(clearField)), exact_location: null }
    await deleteReporter(transaction, current)
    await clearUpdates(
      transaction,
      events.map(({ event_id }) => event_id),
    )
    // A digest of the submission would confirm a guess of its content.
    await transaction
      .updateTable('submission')
      .set({ fingerprint: Buffer.alloc(0) })
      .where('service_request', '=', current.id)
      .execute()
    const media_urls = [...current.media_urls, ...events.flatMap(({ media_urls }) => media_urls)]
    await plan.media.detach(transaction, current.id, [...new Set(media_urls)])
    return writeRedaction(transaction, current, set, plan, { kind: 'erased', key_id: plan.key_id })
  })
}
