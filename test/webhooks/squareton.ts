import { sql } from 'kysely'
import { readCatalog } from '../../src/store/catalog.js'
import type { Store } from '../../src/store/database.js'
import { numberEvents } from '../../src/store/events.js'
import { createKey } from '../../src/store/keys.js'
import { loadCities } from '../../src/store/load.js'
import { createWebhook, type Subscription } from '../../src/store/webhooks.js'
import { type Columns, changed, type Told } from '../store/changed.js'
import { filed } from '../store/submitting.js'
import * as town from '../town.js'

export const NOW = '2026-06-01T12:00:00Z'
export const LATER = '2026-06-02T12:00:00Z'

export const ALL: Subscription = {
  ...town.PRODUCTION,
  url: 'https://city.example/hook',
  form: 'standard',
  service_codes: [],
  areas: [],
  service_request_id: null,
  peer_key_id: null,
  sees_private: false,
  target_key: null,
  target_jurisdiction_id: null,
}

/** Squareton with two keys, and what webhooks of it are tried with. */
export async function openSquareton(store: Store) {
  await loadCities(store, [await town.readTown()], NOW)
  for (const name of ['first', 'second'])
    await createKey(store, { name, jurisdiction_id: null, scopes: ['report', 'update'], now: NOW })
  const catalog = await readCatalog(store)
  const city = catalog.jurisdictions.get(town.SQUARETON)!

  return {
    store,
    catalog,
    city,
    file: (code: string, fields: Partial<Parameters<typeof filed>[1]> = {}) =>
      filed(store, { ...town.PRODUCTION, service: city.services.get(code)!, ...town.WEST, ...fields }),
    change: (service_request_id: string, set: Columns, told: Partial<Told> = {}) =>
      changed(store, { ...town.PRODUCTION, service_request_id }, set, { now: LATER, ...told }),
    subscribe: async (fields: Partial<Subscription> = {}) => {
      const created = await createWebhook(store, { ...ALL, ...fields }, NOW)
      if (!('webhook_id' in created)) throw new Error(JSON.stringify(created))
      return created
    },
    number: async () => {
      while ((await numberEvents(store)) > 0);
    },
    /** Forgets every webhook, and numbers what came before the next one. */
    clear: async () => {
      while ((await numberEvents(store)) > 0);
      await sql`delete from webhook`.execute(store)
    },
  }
}
