import { sql } from 'kysely'
import type { Datetime } from '../../standard/datetime.js'
import type { Store } from '../database/database.js'
import type { Tables } from '../database/tables.js'
import { IS_PUBLIC } from './public-service-requests.js'

/** A picture whose files are about to be written. */
export type NewMedia = Omit<Tables['media'], 'service_request' | 'forgotten'>

/** Says that there will be files, before there are any. */
export async function insertMedia(store: Store, media: NewMedia): Promise<void> {
  await store.insertInto('media').values(media).execute()
}

/**
 * Makes pictures those of a service request, in the transaction that writes what shows them. Throws if one of them was
 * forgotten meanwhile: its files may be gone.
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
    .where('forgotten', 'is', null)
    .executeTakeFirstOrThrow()
  if (Number(numUpdatedRows) < media_ids.length)
    throw new Error('pictures were forgotten before they were used')
}

/**
 * Gives those of `media_ids` that no service request has, and sees to it that none ever gets them. Waits for who is
 * attaching them just now.
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
 * Forgets those of `media_ids` that are pictures of a service request, as when it is erased: from the end of the
 * transaction on nobody sees them, and their files are removed before long.
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

/** Forgets what was announced before `before` and that no service request has: who announced it has died. */
export async function detachStaleMedia(store: Store, before: Datetime): Promise<void> {
  await detach(store).where('service_request', 'is', null).where('created', '<', before).execute()
}

function detach(store: Store) {
  return store
    .updateTable('media')
    .set({ service_request: null, forgotten: sql<Datetime>`now()` })
    .where('forgotten', 'is', null)
}

function pickIds(rows: readonly { media_id: string }[]): string[] {
  return rows.map(({ media_id }) => media_id)
}

/** Some pictures whose files are to be removed. */
export async function listDetachedMedia(store: Store, most: number): Promise<string[]> {
  return store
    .selectFrom('media')
    .where('service_request', 'is', null)
    .where('forgotten', 'is not', null)
    .select('media_id')
    .orderBy('created')
    .limit(most)
    .execute()
    .then(pickIds)
}

/** Drops forgotten pictures whose files are removed. */
export async function deleteMedia(store: Store, media_ids: readonly string[]): Promise<void> {
  if (media_ids.length === 0) return
  await store
    .deleteFrom('media')
    .where('media_id', 'in', media_ids)
    .where('forgotten', 'is not', null)
    .execute()
}

/** A picture whose service request everybody may see just now; undefined: there is none (EXT-39). */
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
