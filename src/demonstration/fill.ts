import { join } from 'node:path'
import { readCityFolders } from '../catalog/read-city-folder.js'
import { DEMONSTRATION_CITY } from '../paths.js'
import { addDays, formatDatetime } from '../standard/datetime.js'
import { createKey } from '../store/catalog/api-keys.js'
import { listJurisdictions } from '../store/catalog/jurisdictions.js'
import { writeCities } from '../store/catalog/write-city.js'
import type { Store } from '../store/database/database.js'
import { refreshStatistics } from '../store/database/maintenance.js'
import { findNewestImported, importServiceRequests } from '../store/service-requests/import.js'
import { generate } from './generate.js'
import { readProfile } from './profile.js'

/** The key of the demonstration city: no secret, and good for nothing else. */
export const DEMONSTRATION_KEY = 'demo'

const BATCH = 1000
/** How far back the year of a first start goes. */
const DAYS = 365

/**
 * Loads the demonstration city into a database without jurisdictions, with a year of service requests; where it is
 * loaded already, brings its service requests up to `now`. Gives its id; null where only others are served.
 */
export async function fillDemonstration(
  store: Store,
  now: number,
  progress: (text: string) => void,
): Promise<string | null> {
  const [city] = await readCityFolders(DEMONSTRATION_CITY)
  const { jurisdiction_id } = city!.jurisdiction
  const place = { jurisdiction_id, endpoint: 'production' } as const
  const served = await listJurisdictions(store)
  if (served.length > 0 && !served.includes(jurisdiction_id)) return null
  const datetime = formatDatetime(now)
  if (served.length === 0) {
    progress('Loading the demonstration city')
    await writeCities(store, [city!], datetime)
  }
  const key = { name: 'demonstration', jurisdiction_id, scopes: ['report' as const], key: DEMONSTRATION_KEY }
  await createKey(store, { ...key, now: datetime })
  const newest = await findNewestImported(store, place)
  if (newest && newest > addDays(datetime, -1)) return jurisdiction_id

  progress('Filing a year of service requests in the demonstration city')
  const profile = await readProfile(join(DEMONSTRATION_CITY, 'demonstration.yaml'))
  const rows = [...generate(profile, addDays(datetime, -DAYS).slice(0, 10), datetime.slice(0, 10), datetime)]
  for (let start = 0; start < rows.length; start += BATCH) {
    await importServiceRequests(store, place, rows.slice(start, start + BATCH))
  }
  await refreshStatistics(store)
  return jurisdiction_id
}
