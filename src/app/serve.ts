import type { AddressInfo } from 'node:net'
import type { Config } from '../config.js'
import { DEMONSTRATION_KEY, fillDemonstration } from '../demonstration/fill.js'
import { CatalogResponseCache } from '../http/catalog-response-cache.js'
import { ENDPOINT_PATHS, MEDIA_PATH } from '../http/paths.js'
import { ResponseCache } from '../http/response-cache.js'
import { createHttpServer, type ServerLimits, stopHttpServer } from '../http/server.js'
import { describeError, type Log } from '../log.js'
import { type MediaOptions, openMedia } from '../media/open-media.js'
import type { Catalog } from '../standard/catalog.js'
import { hashKey } from '../store/catalog/api-keys.js'
import type { Database } from '../store/database/database.js'
import { vacuum } from '../store/database/maintenance.js'
import { listMigrations } from '../store/database/migrate.js'
import { resetRowCache } from '../store/list/row-cache.js'
import { startAreaAssigner } from '../workers/area-assigner.js'
import { watchCatalog } from '../workers/catalog-watcher.js'
import { startChangeSubscribers } from '../workers/change-subscribers.js'
import { startEventSequencer } from '../workers/event-sequencer.js'
import { startMediaSweeper } from '../workers/media-sweeper.js'
import { type DeliveryPolicy, startWebhookDispatcher } from '../workers/webhook-dispatcher.js'
import { listen } from './listen.js'
import { createApp } from './routes.js'

/** A running server. */
export interface RunningServer {
  url: string
  stop(): Promise<void>
}

/**
 * Serves `database` over HTTP until `stop`: workers, caches, routes and server, wired together. `writeMessage` prints for
 * people at the terminal.
 */
export async function serve(
  config: Config,
  database: Database,
  log: Log,
  writeMessage: (text: string) => void,
): Promise<RunningServer> {
  const { store } = database
  const demonstration = config.DEMO ? await fillDemonstration(store, Date.now(), writeMessage) : null
  const vacuuming = database.kind === 'embedded' ? await startVacuum(store, log) : null
  const areaAssigner = startAreaAssigner(store, log)
  const clearRowCache = () => resetRowCache(store, config.ROW_CACHE_SIZE)
  clearRowCache()
  const catalog = await watchCatalog(database, log, (mayDiffer) => {
    // Rows contain the names of their services.
    if (mayDiffer) clearRowCache()
    areaAssigner.wake()
  })
  const responseCache = new ResponseCache(catalog.current)
  const sequencer = await startEventSequencer(database, log)
  const subscribers = startChangeSubscribers(store, sequencer, log, {
    max: config.MAX_SUBSCRIBERS,
    maxPerClient: config.MAX_SUBSCRIBERS_PER_ADDRESS,
    idleTimeout: config.IDLE_TIMEOUT,
  })
  const dispatcher = startWebhookDispatcher({
    store,
    catalog: catalog.current,
    events: sequencer,
    log,
    policy: readDeliveryPolicy(config),
  })
  const media = await openMedia(readMediaOptions(config), store, log)
  const sweeper = startMediaSweeper(store, media, config.MEDIA_GRACE * 1000, log)

  const app = createApp({
    log,
    catalog: catalog.current,
    store,
    media,
    sequencer,
    subscribers,
    responseCache,
    catalogResponseCache: new CatalogResponseCache(),
    publicUrl: config.PUBLIC_URL,
    limits: {
      listDays: config.LIST_MAX_DAYS,
      listRows: config.LIST_MAX_ROWS,
      tokenDays: config.TOKEN_DAYS,
      waitSeconds: config.MAX_WAIT,
    },
    policy: {
      ignoreJurisdictionId: config.IGNORE_JURISDICTION_ID,
      strictStatus: config.STRICT_STATUS,
      trustedProxies: config.TRUST_PROXY,
      maxBodyBytes: config.MAX_BODY_BYTES,
    },
    webhookPolicy: {
      allowPrivateTargets: config.WEBHOOK_ALLOW_PRIVATE,
      maxPerKey: config.WEBHOOK_MAX_PER_KEY,
    },
    checkDatabase: async () => {
      await listMigrations(store)
    },
  })
  const server = createHttpServer(app.fetch, readServerLimits(config), log, responseCache)
  const stop = async () => {
    catalog.stop()
    subscribers.stop()
    if (vacuuming) clearInterval(vacuuming)
    await Promise.all([
      areaAssigner.stop(),
      dispatcher.stop(config.STOP_TIMEOUT),
      stopHttpServer(server, config.STOP_TIMEOUT),
    ])
    await Promise.all([sequencer.stop(), sweeper.stop()])
  }
  try {
    await listen(server, config)
  } catch (error) {
    await stop()
    throw error
  }
  server.on('error', (error) => log.error({ error: describeError(error) }, 'server error'))
  const { port } = server.address() as AddressInfo
  const jurisdictions = catalog.current().jurisdictions.size
  log.info({ port, database: database.kind, jurisdictions }, 'listening')
  writeMessage(formatWelcome(config, demonstration, catalog.current()))

  return {
    url: config.PUBLIC_URL,
    stop: async () => {
      await stop()
      log.info('stopped')
    },
  }
}

function readServerLimits(config: Config): ServerLimits {
  return {
    maxHeaderBytes: config.MAX_HEADER_BYTES,
    requestTimeoutMs: config.REQUEST_TIMEOUT,
    idleTimeoutMs: config.IDLE_TIMEOUT,
    maxConnections: config.MAX_CONNECTIONS,
  }
}

function readDeliveryPolicy(config: Config): DeliveryPolicy {
  return {
    allowPrivateTargets: config.WEBHOOK_ALLOW_PRIVATE,
    timeoutMs: config.WEBHOOK_TIMEOUT,
    maxAttempts: config.WEBHOOK_ATTEMPTS,
    firstBackoffMs: config.WEBHOOK_RETRY_AFTER,
    concurrency: config.WEBHOOK_CONCURRENCY,
    logDays: config.WEBHOOK_LOG_DAYS,
  }
}

function readMediaOptions(config: Config): MediaOptions {
  const { MEDIA_S3_BUCKET: bucket, MEDIA_S3_REGION: region, MEDIA_S3_ENDPOINT: endpoint } = config
  return {
    directory: config.MEDIA_DIR,
    bucket: bucket === undefined ? null : { bucket, region, endpoint },
    baseUrl: `${config.PUBLIC_URL}${MEDIA_PATH}/`,
    maxBytes: config.MEDIA_MAX_BYTES,
    maxFiles: config.MEDIA_MAX_FILES,
    maxPixels: config.MEDIA_MAX_PIXELS,
  }
}

/** Milliseconds between two cleanings of an embedded database. */
const VACUUM_INTERVAL_MS = 3_600_000

async function startVacuum(store: Database['store'], log: Log): Promise<NodeJS.Timeout> {
  const clean = () =>
    vacuum(store).catch((error) => log.warn({ error: describeError(error) }, 'not cleaned up'))
  await clean()
  return setInterval(clean, VACUUM_INTERVAL_MS).unref()
}

function formatWelcome(
  { PUBLIC_URL: url }: Config,
  demonstration: string | null,
  { jurisdictions, keys }: Catalog,
): string {
  const lines = [
    '',
    '  georeport is listening',
    `  For people       ${url}/`,
    `  Discovery        ${url}/open311/discovery.xml`,
    `  Production       ${url}${ENDPOINT_PATHS.production}`,
    `  Test             ${url}${ENDPOINT_PATHS.test}`,
    '',
  ]
  if (jurisdictions.size === 0)
    lines.push('  No jurisdiction is served yet: npx georeport load DIRECTORY', '')
  if (demonstration && keys.has(hashKey(DEMONSTRATION_KEY).toString('hex'))) {
    const where = jurisdictions.size > 1 ? ` -d jurisdiction_id=${demonstration}` : ''
    const what = `-d service_code=POTHOLE -d lat=40.1 -d long=-91.5 -d 'description=Deep hole by the bus stop'`
    lines.push(
      '  File a service request in the demonstration city:',
      `  curl ${url}${ENDPOINT_PATHS.production}/requests.json -d api_key=${DEMONSTRATION_KEY}${where} ${what}`,
      '',
    )
  }
  return lines.join('\n')
}
