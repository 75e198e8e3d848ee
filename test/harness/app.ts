import type { Hono } from 'hono'
import { createApp } from '../../src/app/routes.js'
import { CatalogResponseCache } from '../../src/http/catalog-response-cache.js'
import type { AppContext, RequestPolicy } from '../../src/http/context.js'
import { ResponseCache } from '../../src/http/response-cache.js'
import { createLog } from '../../src/log.js'
import type { Catalog } from '../../src/standard/catalog.js'
import type { Database } from '../../src/store/database/database.js'
import { startChangeSubscribers } from '../../src/workers/change-subscribers.js'
import { noMedia } from '../media/no-media.js'

const SILENT = { wake: () => {}, subscribe: () => () => {}, stop: async () => {} }

export interface TestContext extends Partial<Omit<AppContext, 'policy'>> {
  policy?: Partial<RequestPolicy>
}

/** The server as a function over a database: no port, no log. */
export function createTestApp(
  { store }: Pick<Database, 'store'>,
  catalog: () => Catalog,
  { policy, ...context }: TestContext = {},
): Hono {
  return createApp({
    log: createLog('silent', { write: () => {} }),
    catalog,
    store,
    media: noMedia,
    sequencer: SILENT,
    subscribers: startChangeSubscribers(store, SILENT, createLog('silent'), {
      max: 1,
      maxPerClient: 1,
      idleTimeout: 60_000,
    }),
    responseCache: new ResponseCache(catalog),
    catalogResponseCache: new CatalogResponseCache(),
    publicUrl: 'https://city.example',
    limits: { listDays: 90, listRows: 1000, tokenDays: 90, waitSeconds: 60 },
    policy: {
      ignoreJurisdictionId: false,
      strictStatus: false,
      trustedProxies: 0,
      maxBodyBytes: 1_000_000,
      ...policy,
    },
    webhookPolicy: { allowPrivateTargets: false, maxPerKey: 100 },
    checkDatabase: async () => {},
    ...context,
  })
}
