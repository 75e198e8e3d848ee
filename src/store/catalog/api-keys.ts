import { createHash, randomBytes } from 'node:crypto'
import type { Datetime } from '../../standard/datetime.js'
import type { Scope } from '../../standard/terms.js'
import type { Store } from '../database/database.js'

/** SHA-256 of a key. Keys are long and random, so that a fast hash without salt keeps them safe. */
export function hashKey(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

export interface NewKey {
  name: string
  jurisdiction_id: string | null
  scopes: Scope[]
  now: Datetime
  /** Given only for keys that are no secret, such as that of a demonstration. */
  key?: string
}

/** Stores a new key and gives it: the only time it can be seen. */
export async function createKey(
  store: Store,
  { name, jurisdiction_id, scopes, now, key }: NewKey,
): Promise<string> {
  const created = key ?? randomBytes(20).toString('hex')
  await store
    .insertInto('api_key')
    .values({ name, jurisdiction_id, scopes, created: now, key_hash: hashKey(created) })
    .onConflict((conflict) => conflict.column('key_hash').doNothing())
    .execute()
  return created
}

export interface KeyRecord {
  key_id: number
  name: string
  jurisdiction_id: string | null
  scopes: string[]
  created: Datetime
  revoked: Datetime | null
}

/** All keys, without the keys themselves. */
export async function listKeys(store: Store): Promise<KeyRecord[]> {
  return store
    .selectFrom('api_key')
    .select(['key_id', 'name', 'jurisdiction_id', 'scopes', 'created', 'revoked'])
    .orderBy('key_id')
    .execute()
}

/** Revokes a key for good; false if there is no such key that is still good. */
export async function revokeKey(
  store: Store,
  { key_id, now }: { key_id: number; now: Datetime },
): Promise<boolean> {
  const revoked = await store
    .updateTable('api_key')
    .set({ revoked: now })
    .where('key_id', '=', key_id)
    .where('revoked', 'is', null)
    .returning('key_id')
    .executeTakeFirst()
  return revoked !== undefined
}
