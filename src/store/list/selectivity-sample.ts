import { sql } from 'kysely'
import type { Datetime } from '../../standard/datetime.js'
import type { Status } from '../../standard/terms.js'
import type { Store } from '../database/database.js'
import { selectLat, selectLong } from '../database/geometry.js'
import { type EndpointScope, IS_PUBLIC } from '../service-requests/public-service-requests.js'

/** One of the newest service requests: what tells how common something is. */
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

/** Columns with an index of their own that orders by time. */
export type IndexedColumn = 'service_code' | 'agency_responsible' | 'channel' | 'detailed_status'

/** The newest public service requests of a place, the newest first, as of some minutes ago. */
export interface SelectivitySample {
  rows: readonly SampledRow[]
  /** The same by each value of a column that has an index of its own. */
  rowsByValue: Readonly<Record<IndexedColumn, ReadonlyMap<string | null, readonly SampledRow[]>>>
  /** Where they are, in the same order; NaN: nowhere. */
  lats: Float64Array
  longs: Float64Array
  /** There were no more. */
  isComplete: boolean
  /** Milliseconds on the clock of this process. */
  readAt: number
}

/** So many tell what is common from what is rare. */
const SAMPLE_SIZE = 2000
/** Milliseconds after which a sample is read again, while the old one is still good; sooner where there is little as yet. */
const MAX_AGE_MS = { some: 600_000, all: 10_000 }

const samples = new WeakMap<Store, Map<string, Promise<SelectivitySample>>>()

/** What is known of the newest service requests of a place. */
export async function getSample(store: Store, place: EndpointScope): Promise<SelectivitySample> {
  const own = samples.get(store) ?? new Map<string, Promise<SelectivitySample>>()
  samples.set(store, own)
  const name = JSON.stringify([place.jurisdiction_id, place.endpoint])
  const known = own.get(name)
  if (!known) {
    // It is good advice and no more: without it, the answer is the same.
    const first = readSample(store, place).catch(() => {
      own.delete(name)
      return buildSample([], false)
    })
    own.set(name, first)
    return first
  }
  const sample = await known
  if (performance.now() - sample.readAt > MAX_AGE_MS[sample.isComplete ? 'all' : 'some']) {
    // Others find it fresh meanwhile; if it fails, the old one stays.
    own.set(name, Promise.resolve({ ...sample, readAt: performance.now() }))
    readSample(store, place).then(
      (fresh) => own.set(name, Promise.resolve(fresh)),
      () => {},
    )
  }
  return sample
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

function buildSample(rows: readonly SampledRow[], isAll: boolean): SelectivitySample {
  const lats = Float64Array.from(rows, ({ lat }) => lat ?? Number.NaN)
  const longs = Float64Array.from(rows, ({ long }) => long ?? Number.NaN)
  const having = {
    service_code: groupByColumn(rows, 'service_code'),
    agency_responsible: groupByColumn(rows, 'agency_responsible'),
    channel: groupByColumn(rows, 'channel'),
    detailed_status: groupByColumn(rows, 'detailed_status'),
  }
  return { rows, rowsByValue: having, lats, longs, isComplete: isAll, readAt: performance.now() }
}

function groupByColumn(rows: readonly SampledRow[], column: IndexedColumn): Map<string | null, SampledRow[]> {
  const found = new Map<string | null, SampledRow[]>()
  for (const row of rows) {
    const others = found.get(row[column])
    if (others) others.push(row)
    else found.set(row[column], [row])
  }
  return found
}
