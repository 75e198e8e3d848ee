import { sql } from 'kysely'
import { LRUCache } from 'lru-cache'
import type { Datetime } from '../../standard/datetime.js'
import type { Status } from '../../standard/terms.js'
import type { Store } from '../database/database.js'
import { selectLat, selectLong } from '../database/geometry.js'
import { type EndpointScope, IS_PUBLIC } from '../service-requests/public-service-requests.js'

/** Columns of a service request that list conditions test. */
export interface SampledRow {
  requested_datetime: Datetime
  lat: number | null
  long: number | null
  area_ids: readonly number[]
  service_code: string
  status: Status
  detailed_status: string | null
  agency_responsible: string | null
  channel: string | null
  has_media: boolean
}

/** Columns with an index of their own in order of time. */
export type IndexedColumn = 'service_code' | 'agency_responsible' | 'channel' | 'detailed_status'

/**
 * The newest public service requests of an endpoint, newest first: estimates how selective
 * conditions are.
 */
export interface SelectivitySample {
  rows: readonly SampledRow[]
  /** The rows by value of each indexed column. */
  rowsByValue: Readonly<Record<IndexedColumn, ReadonlyMap<string | null, readonly SampledRow[]>>>
  /** Coordinates in the order of `rows`; NaN: no location. */
  lats: Float64Array
  longs: Float64Array
  /** True if the endpoint has no more rows than these. */
  isComplete: boolean
}

const SAMPLE_SIZE = 2000
/** About 1 MB each. */
const MAX_SAMPLES = 200
/**
 * Age at which a sample is read again in the background; a complete sample is small and soon
 * outdated.
 */
const MAX_AGE_MS = { partial: 600_000, complete: 10_000 }

type SampleCache = LRUCache<string, SelectivitySample, EndpointScope>

const caches = new WeakMap<Store, SampleCache>()

/** Returns a sample of the newest service requests, up to 10 minutes old; empty if it cannot be read. */
export async function getSample(store: Store, scope: EndpointScope): Promise<SelectivitySample> {
  let cache = caches.get(store)
  if (!cache) {
    cache = createCache(store)
    caches.set(store, cache)
  }
  const key = JSON.stringify([scope.jurisdiction_id, scope.endpoint])
  // The sample only guides the choice of a path, so that an error must not fail the list.
  const sample = await cache.fetch(key, { context: scope }).catch(() => undefined)
  return sample ?? buildSample([], false)
}

/** Returns stale samples while it reads new ones; keeps the old one if that fails. */
function createCache(store: Store): SampleCache {
  return new LRUCache({
    max: MAX_SAMPLES,
    ttl: MAX_AGE_MS.partial,
    allowStale: true,
    ignoreFetchAbort: true,
    fetchMethod: async (_key, stale, { context, options }) => {
      const sample = await readSample(store, context).catch((error) => {
        if (stale) return stale
        throw error
      })
      options.ttl = sample.isComplete ? MAX_AGE_MS.complete : MAX_AGE_MS.partial
      return sample
    },
  })
}

async function readSample(
  store: Store,
  { jurisdiction_id, endpoint }: EndpointScope,
): Promise<SelectivitySample> {
  const rows = await store
    .selectFrom('service_request as r')
    .where('r.jurisdiction_id', '=', jurisdiction_id)
    .where('r.endpoint', '=', endpoint)
    .where(IS_PUBLIC)
    .orderBy('r.requested_datetime', 'desc')
    .orderBy('r.id', 'desc')
    .limit(sql.lit(SAMPLE_SIZE))
    .select([selectLat('r.geom').as('lat'), selectLong('r.geom').as('long')])
    .select(['r.requested_datetime', 'r.area_ids', 'r.service_code', 'r.status', 'r.detailed_status'])
    .select(['r.agency_responsible', 'r.channel'])
    .select(sql<boolean>`cardinality(r.media_urls) > 0`.as('has_media'))
    .execute()
  return buildSample(rows, rows.length < SAMPLE_SIZE)
}

function buildSample(rows: readonly SampledRow[], isComplete: boolean): SelectivitySample {
  const lats = Float64Array.from(rows, ({ lat }) => lat ?? Number.NaN)
  const longs = Float64Array.from(rows, ({ long }) => long ?? Number.NaN)
  const rowsByValue = {
    service_code: groupByColumn(rows, 'service_code'),
    agency_responsible: groupByColumn(rows, 'agency_responsible'),
    channel: groupByColumn(rows, 'channel'),
    detailed_status: groupByColumn(rows, 'detailed_status'),
  }
  return { rows, rowsByValue, lats, longs, isComplete }
}

function groupByColumn(rows: readonly SampledRow[], column: IndexedColumn): Map<string | null, SampledRow[]> {
  const groups = new Map<string | null, SampledRow[]>()
  for (const row of rows) {
    const group = groups.get(row[column])
    if (group) group.push(row)
    else groups.set(row[column], [row])
  }
  return groups
}
