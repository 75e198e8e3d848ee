import { sql } from 'kysely'
import type { Store } from '../../src/store/database/database.js'
import { createWebhook, type Subscription } from '../../src/store/events/create-webhook.js'
import * as town from '../harness/squareton.js'
import { NOW, storeTown } from '../harness/stored-squareton.js'

export const ALL_EVENTS: Subscription = {
  ...town.PRODUCTION,
  url: 'https://city.example/hook',
  format: 'standard',
  service_codes: [],
  areas: [],
  service_request_id: null,
  peer_key_id: null,
  include_private: false,
  target_api_key: null,
  target_jurisdiction_id: null,
}

/** Squareton with two keys, and functions to create and remove webhooks. */
export async function openSquareton(store: Store) {
  const stored = await storeTown(store)
  await stored.newKey('second')

  return {
    ...stored,
    file: (code: string, fields: Parameters<typeof stored.file>[1] = {}) =>
      stored.file(code, { ...town.WEST, ...fields }),
    subscribe: async (fields: Partial<Subscription> = {}) => {
      const created = await createWebhook(store, { ...ALL_EVENTS, ...fields }, NOW)
      if (!('webhook_id' in created)) throw new Error(JSON.stringify(created))
      return created
    },
    /** Sequences all events and removes every webhook. */
    clear: async () => {
      await stored.sequence()
      await sql`delete from webhook`.execute(store)
    },
  }
}
