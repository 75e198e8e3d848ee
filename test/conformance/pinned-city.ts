import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generate } from '../../src/demonstration/generate.js'
import { readProfile } from '../../src/demonstration/profile.js'
import { DEMONSTRATION_CITY } from '../../src/paths.js'
import { addDays } from '../../src/standard/datetime.js'

// The demonstration city is generated for the day on which it is filled: its weather, holidays and weekends differ from
// day to day, and with them what a test finds. Tests get the same year of service requests on every day: that of
// PINNED_NOW, moved by whole days so that it ends at the last midnight UTC. Tests look for some kinds of service requests
// in the days 30 to 25 before; those of PINNED_NOW, and of the days next to it, have them.

const PINNED_NOW = '2026-07-01T00:00:00Z'
const DAY_MS = 86_400_000

const COLUMNS = [
  ...['service_request_id', 'service_code', 'status', 'status_notes', 'description'],
  ...['requested_datetime', 'updated_datetime', 'expected_datetime', 'closed_datetime'],
  ...['address', 'address_id', 'zipcode', 'lat', 'long', 'media_url'],
] as const

/** Writes the service requests of the demonstration city as a file for `georeport import csv`. */
export async function writePinnedCity(path: string, now: number): Promise<void> {
  const profile = await readProfile(join(DEMONSTRATION_CITY, 'demonstration.yaml'))
  const days = (Math.floor(now / DAY_MS) * DAY_MS - Date.parse(PINNED_NOW)) / DAY_MS
  const move = (datetime: string | null) => datetime && addDays(datetime, days)
  const lines = [[...COLUMNS, 'source'].join(',')]
  const first = addDays(PINNED_NOW, -365).slice(0, 10)
  for (const row of generate(profile, first, PINNED_NOW.slice(0, 10), PINNED_NOW)) {
    const moved = {
      ...row,
      requested_datetime: move(row.requested_datetime),
      updated_datetime: move(row.updated_datetime),
      expected_datetime: move(row.expected_datetime),
      closed_datetime: move(row.closed_datetime),
    }
    lines.push([...COLUMNS.map((column) => moved[column]), row.channel].map(quote).join(','))
  }
  await writeFile(path, `${lines.join('\n')}\n`)
}

function quote(value: string | number | null): string {
  return value === null ? '' : `"${String(value).replaceAll('"', '""')}"`
}
