import { join } from 'node:path'
import type pg from 'pg'
import { addDays } from '../../src/demonstration/calendar.js'
import { type PlannedServiceRequest, planDay } from '../../src/demonstration/day.js'
import { type DemonstrationProfile, readProfile } from '../../src/demonstration/profile.js'
import { ROOT } from './options.js'

/** Days in the pool: nearly a year, in whole weeks, so that a shift by it keeps the weekday. */
export const POOL_DAYS = 364
/** Days per window; the rows of a window are inserted together. */
export const WINDOW_DAYS = 28
export const WINDOWS = POOL_DAYS / WINDOW_DAYS
/** Generated years of the demonstration city, each with its own seed. */
const SAMPLE_YEARS = 6
const BATCH = 2000

/** Columns of the pool. `ago`: seconds before now; other times: seconds after the service request. */
const COLUMNS = `w int, ago bigint, service_code text, expected bigint, noted bigint, note text,
  closed bigint, done text, description text, address text, address_id text, zipcode text,
  lat float8, long float8, media boolean, channel text`

/**
 * Creates and fills the temporary table `pool` with SAMPLE_YEARS of the demonstration city, so that the
 * rows have its distribution of times, locations, services and texts. `i` numbers the rows of a window.
 * `onProgress`: done share.
 */
export async function fillPool(
  client: pg.Client,
  now: number,
  onProgress: (share: number) => void,
): Promise<void> {
  await client.query(`create temporary table pool (i int, ${COLUMNS})`)
  const profile = readProfile(join(ROOT, 'fixtures/rivertown/demonstration.yaml'))
  const counts = new Array<number>(WINDOWS).fill(0)
  const rows: Record<string, unknown>[] = []
  let doneDays = 0
  for (const day of planDays(profile, now)) {
    for (const planned of day) {
      const row = toPoolRow(planned, now)
      rows.push({ i: counts[row.w]!++, ...row })
    }
    if (rows.length >= BATCH) await insertRows(client, rows.splice(0))
    onProgress(++doneDays / SAMPLE_YEARS / POOL_DAYS)
  }
  await insertRows(client, rows)
  await client.query('create index on pool (w, i)')
  await client.query('analyze pool')
}

/** Yields the service requests of each day of all sample years. */
function* planDays(profile: DemonstrationProfile, now: number): Generator<Iterable<PlannedServiceRequest>> {
  const today = new Date(now * 1000).toISOString().slice(0, 10)
  for (let year = 0; year < SAMPLE_YEARS; year++) {
    const seeded = { ...profile, seed: `bench ${year}` }
    // The last day is over in every time zone.
    for (let ago = POOL_DAYS + 1; ago > 1; ago--) yield planDay(seeded, addDays(today, -ago))
  }
}

function toPoolRow(planned: PlannedServiceRequest, now: number) {
  const { requested, service_code, expected, progress, closing, description, place, mapped, channel } =
    planned
  const secondsAfter = (instant: number | undefined | null) => (instant == null ? null : instant - requested)
  const ago = now - requested
  return {
    w: Math.min(WINDOWS - 1, Math.max(0, WINDOWS - 1 - Math.floor(ago / 86400 / WINDOW_DAYS))),
    ago,
    service_code,
    expected: secondsAfter(expected),
    noted: secondsAfter(progress?.instant),
    note: progress?.note ?? null,
    closed: secondsAfter(closing?.instant),
    done: closing?.note ?? null,
    description,
    address: place?.address ?? null,
    address_id: mapped ? (place?.address_id ?? null) : null,
    zipcode: place?.zipcode ?? null,
    lat: mapped ? (place?.lat ?? null) : null,
    long: mapped ? (place?.long ?? null) : null,
    media: planned.media_url !== null,
    channel,
  }
}

async function insertRows(client: pg.Client, rows: readonly object[]): Promise<void> {
  await client.query(`insert into pool select * from jsonb_to_recordset($1) as r (i int, ${COLUMNS})`, [
    JSON.stringify(rows),
  ])
}
