import { join } from 'node:path'
import type pg from 'pg'
import { addDays } from '../../src/demonstration/calendar.js'
import { type PlannedServiceRequest, planDay } from '../../src/demonstration/day.js'
import { type DemonstrationProfile, readProfile } from '../../src/demonstration/profile.js'
import { ROOT } from './setting.js'

/** The pool spans so many days: whole weeks, so that a shift by it keeps the weekday, and nearly a year. */
export const POOL_DAYS = 364
/** It is cut into windows of so many days; rows of a window are written together. */
export const WINDOW_DAYS = 28
export const WINDOWS = POOL_DAYS / WINDOW_DAYS
/** How many years the demonstration city lives through, each with a seed of its own. */
const LIVES = 6
const BATCH = 2000

/** What service requests of the synthetic city are drawn from. Times but `ago` are seconds after the request. */
const COLUMNS = `w int, ago bigint, service_code text, expected bigint, noted bigint, note text,
  closed bigint, done text, description text, address text, address_id text, zipcode text,
  lat float8, long float8, media boolean, channel text`

/**
 * Fills the temporary table `pool` with years of the demonstration city, written by its own generator: its hours and
 * weekdays, seasons and weather, hot spots, services, words and times to close. `i` numbers the rows of a window.
 */
export async function fillPool(
  client: pg.Client,
  now: number,
  reached: (share: number) => void,
): Promise<void> {
  await client.query(`create temporary table pool (i int, ${COLUMNS})`)
  const profile = readProfile(join(ROOT, 'fixtures/rivertown/demonstration.yaml'))
  const counts = new Array<number>(WINDOWS).fill(0)
  const rows: Record<string, unknown>[] = []
  let lived = 0
  for (const day of plan(profile, now)) {
    for (const planned of day) {
      const row = poolRow(planned, now)
      rows.push({ i: counts[row.w]!++, ...row })
    }
    if (rows.length >= BATCH) await insert(client, rows.splice(0))
    reached(++lived / LIVES / POOL_DAYS)
  }
  await insert(client, rows)
  await client.query('create index on pool (w, i)')
  await client.query('analyze pool')
}

/** Day after day of all lives. */
function* plan(profile: DemonstrationProfile, now: number): Generator<Iterable<PlannedServiceRequest>> {
  const today = new Date(now * 1000).toISOString().slice(0, 10)
  for (let life = 0; life < LIVES; life++) {
    const seeded = { ...profile, seed: `bench ${life}` }
    // Their last day is over everywhere on earth.
    for (let ago = POOL_DAYS + 1; ago > 1; ago--) yield planDay(seeded, addDays(today, -ago))
  }
}

function poolRow(planned: PlannedServiceRequest, now: number) {
  const { requested, service_code, expected, progress, closing, description, place, mapped, channel } =
    planned
  const after = (instant: number | undefined | null) => (instant == null ? null : instant - requested)
  const ago = now - requested
  return {
    w: Math.min(WINDOWS - 1, Math.max(0, WINDOWS - 1 - Math.floor(ago / 86400 / WINDOW_DAYS))),
    ago,
    service_code,
    expected: after(expected),
    noted: after(progress?.instant),
    note: progress?.note ?? null,
    closed: after(closing?.instant),
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

async function insert(client: pg.Client, rows: readonly object[]): Promise<void> {
  await client.query(`insert into pool select * from jsonb_to_recordset($1) as r (i int, ${COLUMNS})`, [
    JSON.stringify(rows),
  ])
}
