import type { Log } from '../log.js'
import type { Media } from '../media/open-media.js'
import type { Catalog } from '../standard/catalog.js'
import type { Store } from '../store/database/database.js'
import type { ChangeSubscribers } from '../workers/change-subscribers.js'
import type { EventSequencer } from '../workers/event-sequencer.js'
import type { CatalogResponseCache } from './catalog-response-cache.js'
import type { Limits } from './limits.js'
import type { ResponseCache } from './response-cache.js'

/** What the requests of one process share. A handler takes only the parts it needs (`Pick<AppContext, …>`). */
export interface AppContext {
  log: Log
  /** The current catalog: immutable, replaced as a whole when the database changes it. */
  catalog(): Catalog
  store: Store
  media: Media
  sequencer: Pick<EventSequencer, 'wake'>
  subscribers: ChangeSubscribers
  responseCache: ResponseCache
  catalogResponseCache: CatalogResponseCache
  /** URL under which clients reach this server, without a slash at its end. */
  publicUrl: string
  limits: Limits
  policy: RequestPolicy
  webhookPolicy: WebhookPolicy
  /** Rejects if the database does not respond. */
  checkDatabase(): Promise<void>
}

/** How requests are read and authorized; each member is a setting. */
export interface RequestPolicy {
  /** GR-JUR-03, A-12: a server of one jurisdiction disregards jurisdiction_id. */
  ignoreJurisdictionId: boolean
  /** 400 in place of statuses that the standard does not know. */
  strictStatus: boolean
  /** Number of proxies whose X-Forwarded-For entries are trusted. */
  trustedProxies: number
  maxBodyBytes: number
}

/** Limits on webhooks that keys create (EXT-37). */
export interface WebhookPolicy {
  allowPrivateTargets: boolean
  maxPerKey: number
}
