import { sql } from 'kysely'
import type { Datetime } from '../../standard/datetime.js'
import type { Store } from '../database/database.js'
import type { Tables } from '../database/tables.js'
import { IS_PUBLIC } from './public-service-requests.js'

/** Metadata of a new image. */
export type NewMedia = Omit<Tables['media'], 'service_request' | 'detached_at'>

/** Registers an image before its files are written, so that leftovers of a crash are found. */
export async function insertMedia(store: Store, media: NewMedia): Promise<void> {
  await store.insertInto('media').values(media).execute()
}

/**
 * Attaches images to a service request, in the transaction that writes their URLs. Throws if one is
 * detached meanwhile: its files may be deleted.
 */
export async function attachMedia(
  transaction: Store,
  service_request: number,
  media_ids: readonly string[],
): Promise<void> {
  if (media_ids.length === 0) return
  const { numUpdatedRows } = await transaction
    .updateTable('media')
    .set({ service_request })
    .where('media_id', 'in', media_ids)
    .where('service_request', 'is', null)
    .where('detached_at', 'is', null)
    .executeTakeFirstOrThrow()
  if (Number(numUpdatedRows) < media_ids.length)
    throw new Error('images were detached before they were attached')
}

/**
 * Detaches images that no service request has, so that none can get them any more. Waits for
 * transactions that attach them. Returns their ids.
 */
export async function releaseUnattachedMedia(store: Store, media_ids: readonly string[]): Promise<string[]> {
  if (media_ids.length === 0) return []
  await detach(store).where('media_id', 'in', media_ids).where('service_request', 'is', null).execute()
  const attached = await store
    .selectFrom('media')
    .where('media_id', 'in', media_ids)
    .where('service_request', 'is not', null)
    .select('media_id')
    .execute()
    .then(pickIds)
  return media_ids.filter((media_id) => !attached.includes(media_id))
}

/**
 * Detaches images of a service request, such as on erasure: they are not public after the commit,
 * and the media sweeper deletes their files.
 */
export async function detachMedia(
  transaction: Store,
  service_request: number,
  media_ids: readonly string[],
): Promise<void> {
  if (media_ids.length === 0) return
  await detach(transaction)
    .where('media_id', 'in', media_ids)
    .where('service_request', '=', service_request)
    .execute()
}

/** Detaches images registered before `before` that no service request has: their process ended. */
export async function detachStaleMedia(store: Store, before: Datetime): Promise<void> {
  await detach(store).where('service_request', 'is', null).where('created_at', '<', before).execute()
}

function detach(store: Store) {
  return store
    .updateTable('media')
    .set({ service_request: null, detached_at: sql<Datetime>`now()` })
    .where('detached_at', 'is', null)
}

function pickIds(rows: readonly { media_id: string }[]): string[] {
  return rows.map(({ media_id }) => media_id)
}

/** Lists up to `limit` images whose files are to be deleted. */
export async function listDetachedMedia(store: Store, limit: number): Promise<string[]> {
  return store
    .selectFrom('media')
    .where('service_request', 'is', null)
    .where('detached_at', 'is not', null)
    .select('media_id')
    .orderBy('created_at')
    .limit(limit)
    .execute()
    .then(pickIds)
}

/** Deletes the rows of detached images whose files are deleted. */
export async function deleteMedia(store: Store, media_ids: readonly string[]): Promise<void> {
  if (media_ids.length === 0) return
  await store
    .deleteFrom('media')
    .where('media_id', 'in', media_ids)
    .where('detached_at', 'is not', null)
    .execute()
}

/** Returns an image of a service request that is public now; undefined if there is none (EXT-39). */
export async function findPublicMedia(
  store: Store,
  media_id: string,
): Promise<{ bytes: number; thumbnail_bytes: number } | undefined> {
  return store
    .selectFrom('media as m')
    .innerJoin('service_request as r', 'r.id', 'm.service_request')
    .where('m.media_id', '=', media_id)
    .where(IS_PUBLIC)
    .select(['m.bytes', 'm.thumbnail_bytes'])
    .executeTakeFirst()
}
