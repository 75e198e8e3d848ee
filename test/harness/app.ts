import type { Hono } from 'hono'
import { createApp } from '../../src/app/routes.js'
import type { Parts } from '../../src/http/pipeline.js'
import { ResponseCache } from '../../src/http/response-cache.js'
import { createLog } from '../../src/log.js'
import type { Catalog } from '../../src/standard/catalog.js'
import type { Database } from '../../src/store/database/database.js'
import { startChangeSubscribers } from '../../src/workers/change-subscribers.js'
import { noMedia } from '../media/none.js'

const SILENT = { wake: () => {}, subscribe: () => () => {}, stop: async () => {} }

/** The server as a function, over a database: no port, nothing logged. */
export function appOver(
  { store }: Pick<Database, 'store'>,
  catalog: () => Catalog,
  parts: Partial<Parts> = {},
): Hono {
  return createApp({
    ready: new ResponseCache(catalog),
    store,
    media: noMedia,
    catalog,
    events: SILENT,
    followers: startChangeSubscribers(store, SILENT, createLog('silent'), {
      max: 1,
      maxPerClient: 1,
      idleTimeout: 60_000,
    }),
    ping: async () => {},
    log: createLog('silent', { write: () => {} }),
    limits: { listDays: 90, listRows: 1000, tokenDays: 90, waitSeconds: 60 },
    gate: { ignoreJurisdictionId: false },
    publicUrl: 'https://city.example',
    maxBodyBytes: 1_000_000,
    strictStatus: false,
    proxies: 0,
    allowPrivateTargets: false,
    mostWebhooks: 100,
    ...parts,
  })
}
