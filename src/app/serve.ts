import type { AddressInfo } from 'node:net'
import type { Config } from '../config.js'
import { DEMONSTRATION_KEY, fillDemonstration } from '../demonstration/fill.js'
import { BASES } from '../http/pipeline.js'
import { ResponseCache } from '../http/response-cache.js'
import { createHttpServer, stopHttpServer } from '../http/server.js'
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
import { startWebhookDispatcher } from '../workers/webhook-dispatcher.js'
import { createApp } from './routes.js'

/** A running server. */
export interface RunningServer {
  url: string
  stop(): Promise<void>
}

/** Serves `database` over HTTP until `stop`. `tell` is for people who started it by hand. */
export async function serve(
  config: Config,
  database: Database,
  log: Log,
  tell: (text: string) => void,
): Promise<RunningServer> {
  const demonstration = config.DEMO ? await fillDemonstration(database.store, Date.now(), tell) : null
  const cleaning = database.kind === 'embedded' ? await startVacuum(database.store, log) : null
  const areas = startAreaAssigner(database.store, log)
  const keep = () => resetRowCache(database.store, config.ROWS_KEPT)
  keep()
  const catalog = await watchCatalog(database, log, (mayDiffer) => {
    // Rows tell the names of their services.
    if (mayDiffer) keep()
    areas.wake()
  })
  const ready = new ResponseCache(catalog.current)
  const events = await startEventSequencer(database, log)
  const followers = startChangeSubscribers(database.store, events, log, {
    max: config.MAX_FOLLOWERS,
    maxPerClient: config.MAX_FOLLOWERS_PER_ADDRESS,
    idleTimeout: config.IDLE_TIMEOUT,
  })
  const webhooks = startWebhookDispatcher({
    store: database.store,
    catalog: catalog.current,
    events,
    log,
    policy: {
      allowPrivate: config.WEBHOOK_ALLOW_PRIVATE,
      timeout: config.WEBHOOK_TIMEOUT,
      attempts: config.WEBHOOK_ATTEMPTS,
      retryAfter: config.WEBHOOK_RETRY_AFTER,
      concurrency: config.WEBHOOK_CONCURRENCY,
      logDays: config.WEBHOOK_LOG_DAYS,
    },
  })
  const media = await openMedia(readMediaOptions(config), database.store, log)
  const sweeping = startMediaSweeper(database.store, media, config.MEDIA_GRACE * 1000, log)
  const app = createApp({
    ready,
    events,
    followers,
    media,
    store: database.store,
    catalog: catalog.current,
    ping: async () => {
      await listMigrations(database.store)
    },
    log,
    limits: {
      listDays: config.LIST_MAX_DAYS,
      listRows: config.LIST_MAX_ROWS,
      tokenDays: config.TOKEN_DAYS,
      waitSeconds: config.MAX_WAIT,
    },
    gate: { ignoreJurisdictionId: config.IGNORE_JURISDICTION_ID },
    publicUrl: config.PUBLIC_URL,
    maxBodyBytes: config.MAX_BODY_BYTES,
    strictStatus: config.STRICT_STATUS,
    proxies: config.TRUST_PROXY,
    allowPrivateTargets: config.WEBHOOK_ALLOW_PRIVATE,
    mostWebhooks: config.WEBHOOK_MOST_PER_KEY,
  })
  const limits = {
    maxHeaderBytes: config.MAX_HEADER_BYTES,
    requestTimeout: config.REQUEST_TIMEOUT,
    idleTimeout: config.IDLE_TIMEOUT,
    maxConnections: config.MAX_CONNECTIONS,
  }
  const server = createHttpServer(app.fetch, limits, log, ready)
  await new Promise<void>((done, fail) => {
    server.once('error', fail)
    server.listen(config.PORT, config.HOST, done)
  })
  server.on('error', (error) => log.error({ fault: describeError(error) }, 'server fault'))
  const { port } = server.address() as AddressInfo
  log.info(
    { port, database: database.kind, jurisdictions: catalog.current().jurisdictions.size },
    'listening',
  )
  tell(formatWelcome(config, demonstration, catalog.current()))
  return {
    url: config.PUBLIC_URL,
    stop: async () => {
      catalog.stop()
      followers.stop()
      if (cleaning) clearInterval(cleaning)
      await Promise.all([
        areas.stop(),
        webhooks.stop(config.STOP_TIMEOUT),
        stopHttpServer(server, config.STOP_TIMEOUT),
      ])
      await Promise.all([events.stop(), sweeping.stop()])
      log.info('stopped')
    },
  }
}

function readMediaOptions(config: Config): MediaOptions {
  const { MEDIA_S3_BUCKET: bucket, MEDIA_S3_REGION: region, MEDIA_S3_ENDPOINT: endpoint } = config
  return {
    directory: config.MEDIA_DIR,
    bucket: bucket === undefined ? null : { bucket, region, endpoint },
    publicUrl: config.PUBLIC_URL,
    maxBytes: config.MEDIA_MAX_BYTES,
    maxFiles: config.MEDIA_MAX_FILES,
    maxPixels: config.MEDIA_MAX_PIXELS,
  }
}

/** Milliseconds between two cleanings of an embedded database. */
const VACUUM_INTERVAL_MS = 3_600_000

async function startVacuum(store: Database['store'], log: Log): Promise<NodeJS.Timeout> {
  const clean = () =>
    vacuum(store).catch((error) => log.warn({ fault: describeError(error) }, 'not cleaned up'))
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
    `  Production       ${url}${BASES.production}`,
    `  Test             ${url}${BASES.test}`,
    '',
  ]
  if (jurisdictions.size === 0)
    lines.push('  No jurisdiction is served yet: npx georeport load DIRECTORY', '')
  if (demonstration && keys.has(hashKey(DEMONSTRATION_KEY).toString('hex'))) {
    const where = jurisdictions.size > 1 ? ` -d jurisdiction_id=${demonstration}` : ''
    const what = `-d service_code=POTHOLE -d lat=40.1 -d long=-91.5 -d 'description=Deep hole by the bus stop'`
    lines.push(
      '  File a service request in the demonstration city:',
      `  curl ${url}${BASES.production}/requests.json -d api_key=${DEMONSTRATION_KEY}${where} ${what}`,
      '',
    )
  }
  return lines.join('\n')
}
