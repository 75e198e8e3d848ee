import { join } from 'node:path'
import { readCityFolders } from '../catalog/read.js'
import { DEMONSTRATION_CITY } from '../paths.js'
import { addDays, formatDatetime } from '../standard/datetime.js'
import type { Store } from '../store/database.js'
import { importServiceRequests } from '../store/import.js'
import { createKey } from '../store/keys.js'
import { loadCity } from '../store/load.js'
import { generate } from './generate.js'
import { readProfile } from './profile.js'

/** The key of the demonstration city: no secret, and good for nothing else. */
export const DEMONSTRATION_KEY = 'demo'

const BATCH = 1000
/** How far back the year of a first start goes, and how long service requests keep changing after they were filed. */
const DAYS = 365

/** What a start has to do for the demonstration city. */
export type Demonstration = { jurisdiction_id: string; filled: number } | null

/**
 * Loads the demonstration city into a database without jurisdictions, with a year of service requests; where it is
 * loaded already, brings its service requests up to `now`. Null where other jurisdictions are served.
 */
export async function fillDemonstration(
  store: Store,
  now: number,
  progress: (text: string) => void,
): Promise<Demonstration> {
  const [city] = await readCityFolders(DEMONSTRATION_CITY)
  const { jurisdiction_id } = city!.jurisdiction
  const served = await store.selectFrom('jurisdiction').select('jurisdiction_id').execute()
  if (served.length > 0 && served.every((each) => each.jurisdiction_id !== jurisdiction_id)) return null
  const datetime = formatDatetime(now)
  if (served.length === 0) {
    progress('Loading the demonstration city')
    await loadCity(store, city!, datetime)
    await createKey(store, {
      name: 'demonstration',
      jurisdiction_id,
      scopes: ['report'],
      now: datetime,
      key: DEMONSTRATION_KEY,
    })
  }
  const newest = await store
    .selectFrom('service_request')
    .where('jurisdiction_id', '=', jurisdiction_id)
    .where('service_request_id', 'like', 'RT-______-__')
    .orderBy('requested_datetime', 'desc')
    .select('requested_datetime')
    .limit(1)
    .executeTakeFirst()
  if (newest && newest.requested_datetime > addDays(datetime, -1)) return { jurisdiction_id, filled: 0 }

  progress('Filing a year of service requests in the demonstration city')
  const from = addDays(datetime, -DAYS).slice(0, 10)
  const rows = generate(
    await readProfile(join(DEMONSTRATION_CITY, 'demonstration.yaml')),
    from,
    datetime.slice(0, 10),
    datetime,
  )
  let filled = 0
  let batch = []
  for (const row of rows) {
    batch.push(row)
    if (batch.length === BATCH) {
      filled += (await importServiceRequests(store, { jurisdiction_id, endpoint: 'production' }, batch))
        .inserted
      batch = []
    }
  }
  filled += (await importServiceRequests(store, { jurisdiction_id, endpoint: 'production' }, batch)).inserted
  return { jurisdiction_id, filled }
}
