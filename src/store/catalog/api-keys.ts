import { createHash, randomBytes } from 'node:crypto'
import type { Datetime } from '../../standard/datetime.js'
import type { Scope } from '../../standard/terms.js'
import type { Store } from '../database/database.js'

/** SHA-256 of a key. Keys are long and random, so that a fast hash without salt is safe. */
export function hashKey(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

export interface NewKey {
  name: string
  jurisdiction_id: string | null
  scopes: Scope[]
  now: Datetime
  /** Only for a key that is no secret, such as that of the demonstration; default: random. */
  key?: string
}

/** Stores a new key and returns it. Only its hash is stored, so that it cannot be shown again. */
export async function createKey(
  store: Store,
  { name, jurisdiction_id, scopes, now, key }: NewKey,
): Promise<string> {
  const newKey = key ?? randomBytes(20).toString('hex')
  await store
    .insertInto('api_key')
    .values({ name, jurisdiction_id, scopes, created_at: now, key_hash: hashKey(newKey) })
    .onConflict((conflict) => conflict.column('key_hash').doNothing())
    .execute()
  return newKey
}

export interface KeyRecord {
  key_id: number
  name: string
  jurisdiction_id: string | null
  scopes: string[]
  created_at: Datetime
  revoked_at: Datetime | null
}

/** All keys, without the keys themselves. */
export async function listKeys(store: Store): Promise<KeyRecord[]> {
  return store
    .selectFrom('api_key')
    .select(['key_id', 'name', 'jurisdiction_id', 'scopes', 'created_at', 'revoked_at'])
    .orderBy('key_id')
    .execute()
}

/**
 * Revokes a key for good and pauses its webhooks, so that nothing is sent on its behalf any more.
 * Returns the number of webhooks that it paused; null: there is no such key, or it is revoked.
 */
export function revokeKey(
  store: Store,
  { key_id, now }: { key_id: number; now: Datetime },
): Promise<number | null> {
  return store.transaction().execute(async (transaction) => {
    const revoked = await transaction
      .updateTable('api_key')
      .set({ revoked_at: now })
      .where('key_id', '=', key_id)
      .where('revoked_at', 'is', null)
      .returning('key_id')
      .executeTakeFirst()
    if (!revoked) return null
    const paused = await transaction
      .updateTable('webhook')
      .set({ paused_at: now })
      .where('key_id', '=', key_id)
      .where('paused_at', 'is', null)
      .returning('webhook_id')
      .execute()
    return paused.length
  })
}
