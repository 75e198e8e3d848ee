import { sql } from 'kysely'
import type { Store } from './database.js'
import { latOf, longOf } from './geometry.js'
import { IS_PUBLIC, type Place } from './service-requests.js'

/** One of the newest service requests: what tells how common something is. */
export interface Sampled {
  lat: number | null
  long: number | null
  service_code: string
  agency_responsible: string | null
  channel: string | null
  detailed_status: string | null
}

interface Sample {
  /** Milliseconds on the clock of this process. */
  readAt: number
  rows: readonly Sampled[]
}

/** So many tell what is common from what is rare. */
const SIZE = 1000
/** Milliseconds after which a sample is read again, while the old one is still good. */
const GOOD_FOR = 600_000

const samples = new WeakMap<Store, Map<string, Promise<Sample>>>()

/** The newest public service requests of a place as of some minutes ago, at most a thousand. */
export async function newestOf(store: Store, place: Place): Promise<readonly Sampled[]> {
  const own = samples.get(store) ?? new Map<string, Promise<Sample>>()
  samples.set(store, own)
  const name = JSON.stringify([place.jurisdiction_id, place.endpoint])
  const known = own.get(name)
  if (!known) {
    // It is good advice and no more: without it, the answer is the same.
    const first = read(store, place).catch(() => {
      own.delete(name)
      return { readAt: 0, rows: [] }
    })
    own.set(name, first)
    return (await first).rows
  }
  const sample = await known
  if (performance.now() - sample.readAt > GOOD_FOR) {
    // Others find it fresh meanwhile; if it fails, the old one stays.
    own.set(name, Promise.resolve({ ...sample, readAt: performance.now() }))
    read(store, place).then(
      (fresh) => own.set(name, Promise.resolve(fresh)),
      () => {},
    )
  }
  return sample.rows
}

async function read(store: Store, { jurisdiction_id, endpoint }: Place): Promise<Sample> {
  const rows = await store
    .selectFrom('service_request as r')
    .where('r.jurisdiction_id', '=', jurisdiction_id)
    .where('r.endpoint', '=', endpoint)
    .where(IS_PUBLIC)
    .orderBy('r.requested_datetime', 'desc')
    .orderBy('r.id', 'desc')
    .limit(sql.lit(SIZE))
    .select([latOf('r.geom').as('lat'), longOf('r.geom').as('long')])
    .select(['r.service_code', 'r.agency_responsible', 'r.channel', 'r.detailed_status'])
    .execute()
  return { readAt: performance.now(), rows }
}
