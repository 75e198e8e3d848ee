import type { Catalog } from '../../src/standard/catalog.js'
import { createKey } from '../../src/store/catalog/api-keys.js'
import { loadCatalog } from '../../src/store/catalog/load-catalog.js'
import { writeCities } from '../../src/store/catalog/write-city.js'
import type { Store } from '../../src/store/database/database.js'
import { sequenceEvents } from '../../src/store/events/sequence-events.js'
import {
  type ChangeContext,
  type Columns,
  changeServiceRequest,
} from '../store/service-requests/change-service-request.js'
import { submitServiceRequest } from '../store/service-requests/submit-service-request.js'
import * as town from './squareton.js'

export const NOW = '2026-06-01T12:00:00Z'
export const LATER = '2026-06-02T12:00:00Z'

/** The services of Squareton, one that returns tokens, and one with blurred locations. */
export const SERVICES = [
  ...town.SERVICES,
  { service_code: 'BATCH', service_name: 'Batch', type: 'batch' },
  { service_code: 'HOME', service_name: 'Home', blur_metres: 500 },
]

/** Squareton in a database with a key, and functions that change it. */
export async function storeTown(store: Store) {
  let catalog: Catalog
  const load = async (services: readonly object[], now = NOW) => {
    await writeCities(store, [await town.readTown({ services })], now)
    catalog = await loadCatalog(store)
  }
  await load(SERVICES)
  const newKey = (name: string) =>
    createKey(store, { name, jurisdiction_id: null, scopes: ['report', 'update'], now: NOW })
  await newKey('first')
  const city = () => catalog.jurisdictions.get(town.SQUARETON)!

  return {
    store,
    load,
    newKey,
    /** The catalog as last loaded. */
    catalog: () => catalog,
    city,
    file: (code: string, fields: Partial<Parameters<typeof submitServiceRequest>[1]> = {}, at = store) =>
      submitServiceRequest(at, { ...town.PRODUCTION, service: city().services.get(code)!, ...fields }),
    change: (service_request_id: string, set: Columns, context: Partial<ChangeContext> = {}) =>
      changeServiceRequest(store, { ...town.PRODUCTION, service_request_id }, set, {
        now: LATER,
        ...context,
      }),
    /** Gives a position to every event. */
    sequence: async () => {
      while ((await sequenceEvents(store)) > 0);
    },
    listEvents: (service_request_id: string) =>
      store
        .selectFrom('event as e')
        .innerJoin('service_request as r', 'r.id', 'e.service_request')
        .where('r.service_request_id', '=', service_request_id)
        .select(['e.kind', 'e.change_type', 'e.datetime', 'e.key_id', 'e.status', 'e.detailed_status'])
        .select(['e.description', 'e.changes'])
        .orderBy('e.event_id')
        .execute(),
  }
}
