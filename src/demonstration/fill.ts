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

/** Public API key, limited to the demonstration city. */
export const DEMONSTRATION_KEY = 'demo'

const BATCH_SIZE = 1000
const DAYS = 365

/**
 * Loads the demonstration city with a year of service requests into a database without jurisdictions. If it is loaded
 * already, adds the service requests up to `now`. Returns its jurisdiction_id, or null if only other jurisdictions exist.
 */
export async function fillDemonstration(
  store: Store,
  now: number,
  onProgress: (text: string) => void,
): Promise<string | null> {
  const [city] = await readCityFolders(DEMONSTRATION_CITY)
  const { jurisdiction_id } = city!.jurisdiction
  const scope = { jurisdiction_id, endpoint: 'production' } as const
  const jurisdiction_ids = await listJurisdictions(store)
  if (jurisdiction_ids.length > 0 && !jurisdiction_ids.includes(jurisdiction_id)) return null
  const datetime = formatDatetime(now)
  if (jurisdiction_ids.length === 0) {
    onProgress('Loading the demonstration city')
    await writeCities(store, [city!], datetime)
  }
  const key = { name: 'demonstration', jurisdiction_id, scopes: ['report' as const], key: DEMONSTRATION_KEY }
  await createKey(store, { ...key, now: datetime })
  const newest = await findNewestImported(store, scope)
  if (newest && newest > addDays(datetime, -1)) return jurisdiction_id

  onProgress('Creating service requests of one year in the demonstration city')
  const profile = await readProfile(join(DEMONSTRATION_CITY, 'demonstration.yaml'))
  const rows = [...generate(profile, addDays(datetime, -DAYS).slice(0, 10), datetime.slice(0, 10), datetime)]
  for (let start = 0; start < rows.length; start += BATCH_SIZE) {
    await importServiceRequests(store, scope, rows.slice(start, start + BATCH_SIZE))
  }
  await refreshStatistics(store)
  return jurisdiction_id
}
