import { sql } from 'kysely'
import type { Box } from '../standard/geography.js'
import type { Store } from './database.js'
import { latOf, longOf } from './geometry.js'
import { IS_PUBLIC, type Place } from './service-requests.js'

/** Where the newest service requests of a place are, as far as known. */
interface Sample {
  /** Milliseconds on the clock of this process. */
  readAt: number
  points: readonly { lat: number | null; long: number | null }[]
}

/** So many tell a common place from a rare one. */
const SIZE = 1000
/** Milliseconds after which a sample is read again, while the old one is still good. */
const GOOD_FOR = 600_000

const samples = new WeakMap<Store, Map<string, Promise<Sample>>>()

/** The share of the newest service requests that are in one of `boxes`: from 0 to 1, as of some minutes ago. */
export async function shareIn(store: Store, place: Place, boxes: readonly Box[]): Promise<number> {
  const { points } = await sampleOf(store, place)
  let inside = 0
  for (const { lat, long } of points) {
    if (lat === null || long === null) continue
    if (boxes.some((box) => lat >= box.south && lat <= box.north && long >= box.west && long <= box.east))
      inside++
  }
  return inside / Math.max(points.length, 1)
}

async function sampleOf(store: Store, place: Place): Promise<Sample> {
  const own = samples.get(store) ?? new Map<string, Promise<Sample>>()
  samples.set(store, own)
  const name = JSON.stringify([place.jurisdiction_id, place.endpoint])
  const known = own.get(name)
  if (!known) {
    const first = read(store, place)
    own.set(name, first)
    first.catch(() => own.delete(name))
    return first
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
  return sample
}

async function read(store: Store, { jurisdiction_id, endpoint }: Place): Promise<Sample> {
  const points = await store
    .selectFrom('service_request as r')
    .where('r.jurisdiction_id', '=', jurisdiction_id)
    .where('r.endpoint', '=', endpoint)
    .where(IS_PUBLIC)
    .orderBy('r.requested_datetime', 'desc')
    .orderBy('r.id', 'desc')
    .limit(sql.lit(SIZE))
    .select([latOf('r.geom').as('lat'), longOf('r.geom').as('long')])
    .execute()
  return { readAt: performance.now(), points }
}
