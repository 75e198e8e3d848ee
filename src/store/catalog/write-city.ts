import { sql } from 'kysely'
import { WEEKDAYS } from '../../catalog/file-schema.js'
import type { CityFolder } from '../../catalog/read-city-folder.js'
import type { DetailedStatus } from '../../standard/catalog.js'
import type { Datetime } from '../../standard/datetime.js'
import { ENDPOINTS } from '../../standard/terms.js'
import type { Store } from '../database/database.js'
import { makeValidPolygon } from '../database/geometry.js'
import { bumpChangeset, lockCatalog } from './changeset.js'
import { checkPolygon, writeAreas } from './write-areas.js'
import { toService, writeServices } from './write-services.js'

/** Changes of a load. */
export interface WriteReport {
  jurisdiction_id: string
  added: string[]
  changed: string[]
  retired: string[]
  /** Those of `changed` with a new name. */
  renamed: string[]
  areas: number
  /** True if anything changed: then the changeset is new (DISC-07). */
  isDifferent: boolean
}

/**
 * Replaces the catalog of each jurisdiction by its folder, all in one transaction. Missing services
 * are retired: they are no longer offered, and their service requests stay. Imported services stay
 * as they are. Throws CatalogErrors for geometry that PostGIS cannot use.
 */
export async function writeCities(
  store: Store,
  cities: readonly CityFolder[],
  now: Datetime,
): Promise<WriteReport[]> {
  const reports = await store
    .transaction()
    .execute((transaction) => writeCitiesWithin(transaction, cities, now))
  for (const report of reports) if (report.renamed.length > 0) await reindexServiceNames(store, report)
  return reports
}

/**
 * Updates the search vectors, which include the service name, by a write that changes nothing else.
 * Runs after the commit of the new names, so that other writes need not wait.
 */
async function reindexServiceNames(store: Store, { jurisdiction_id, renamed }: WriteReport): Promise<void> {
  await store.transaction().execute(async (transaction) => {
    await sql`set local statement_timeout = 0`.execute(transaction)
    await sql`
      update service_request set service_code = service_code
       where jurisdiction_id = ${jurisdiction_id} and service_code = any(${renamed})`.execute(transaction)
  })
}

/** Like `writeCities`, in a transaction of the caller, without an update of search vectors. */
export async function writeCitiesWithin(
  transaction: Store,
  cities: readonly CityFolder[],
  now: Datetime,
): Promise<WriteReport[]> {
  // A service that becomes less visible changes all its service requests.
  await sql`set local statement_timeout = 0`.execute(transaction)
  const reports: WriteReport[] = []
  for (const city of cities) reports.push(await writeCity(transaction, city, now))
  return reports
}

async function writeCity(store: Store, city: CityFolder, now: Datetime): Promise<WriteReport> {
  const { jurisdiction_id } = city.jurisdiction
  await lockCatalog(store, jurisdiction_id)
  const isNewOrChanged = await writeJurisdiction(store, city, now)
  // Before services, which refer to areas.
  const areas = await writeAreas(store, jurisdiction_id, city.areas)
  const { isReordered, ...services } = await writeServices(
    store,
    jurisdiction_id,
    city.services.map(toService),
    now,
  )
  const changes = areas + services.added.length + services.changed.length + services.retired.length
  const isDifferent = isNewOrChanged || isReordered || changes > 0
  if (isDifferent) await bumpChangeset(store, jurisdiction_id, now)
  return { jurisdiction_id, ...services, areas, isDifferent }
}

/** Returns true if anything changed. Creates the sequences of ids. */
async function writeJurisdiction(
  store: Store,
  { jurisdiction, boundary }: CityFolder,
  now: Datetime,
): Promise<boolean> {
  const { jurisdiction_id, service_request_id: service_request_id_form, outside_boundary } = jurisdiction
  const { name, time_zone, language, contact, key_service, days_off } = jurisdiction
  const row = {
    name,
    time_zone,
    language,
    contact,
    key_service,
    service_request_id_form,
    refuse_outside: outside_boundary === 'refuse',
    working_days: jurisdiction.working_days.map((day) => WEEKDAYS.indexOf(day) + 1).sort(),
    days_off: sql<string[]>`${[...days_off].sort()}::date[]`,
  }
  if (boundary) await checkPolygon(store, boundary.geometry, boundary.file, 'boundary')
  // Every new id needs the local year: an unknown time zone fails here rather than at the first
  // submission.
  await sql`select now() at time zone ${time_zone}`.execute(store)
  const written = await store
    .insertInto('jurisdiction')
    .values({
      jurisdiction_id,
      ...row,
      boundary: boundary && makeValidPolygon(boundary.geometry),
      changeset: sql`${now}::timestamptz - interval '1 second'`,
    })
    .onConflict((conflict) =>
      conflict
        .column('jurisdiction_id')
        .doUpdateSet((excluded) => ({
          name: excluded.ref('excluded.name'),
          time_zone: excluded.ref('excluded.time_zone'),
          language: excluded.ref('excluded.language'),
          contact: excluded.ref('excluded.contact'),
          key_service: excluded.ref('excluded.key_service'),
          service_request_id_form: excluded.ref('excluded.service_request_id_form'),
          refuse_outside: excluded.ref('excluded.refuse_outside'),
          boundary: excluded.ref('excluded.boundary'),
          working_days: excluded.ref('excluded.working_days'),
          days_off: excluded.ref('excluded.days_off'),
        }))
        .where(
          sql<boolean>`(jurisdiction.name, jurisdiction.time_zone, jurisdiction.language, jurisdiction.contact, jurisdiction.key_service,
            jurisdiction.service_request_id_form, jurisdiction.refuse_outside, st_asbinary(jurisdiction.boundary), jurisdiction.working_days, jurisdiction.days_off)
            is distinct from (excluded.name, excluded.time_zone, excluded.language, excluded.contact, excluded.key_service,
            excluded.service_request_id_form, excluded.refuse_outside, st_asbinary(excluded.boundary), excluded.working_days, excluded.days_off)`,
        ),
    )
    .returning('jurisdiction_id')
    .executeTakeFirst()
  for (const endpoint of ENDPOINTS) {
    const { rows } = await sql<{ name: string }>`
      select service_request_id_sequence(${jurisdiction_id}, ${endpoint}::endpoint_type) as name`.execute(
      store,
    )
    await sql`create sequence if not exists ${sql.id(rows[0]!.name)}`.execute(store)
  }
  const hasNewStatuses = await writeStatuses(store, jurisdiction_id, jurisdiction.statuses ?? [])
  return written !== undefined || hasNewStatuses
}

/** Returns true if anything changed. Service requests keep removed detailed statuses. */
async function writeStatuses(
  store: Store,
  jurisdiction_id: string,
  statuses: readonly DetailedStatus[],
): Promise<boolean> {
  const before = await store
    .selectFrom('detailed_status')
    .where('jurisdiction_id', '=', jurisdiction_id)
    .select(['code', 'name', 'status'])
    .orderBy('position')
    .execute()
  const serialize = (list: readonly DetailedStatus[]) =>
    JSON.stringify(list.map(({ code, name, status }) => [code, name, status]))
  if (serialize(before) === serialize(statuses)) return false
  await store.deleteFrom('detailed_status').where('jurisdiction_id', '=', jurisdiction_id).execute()
  const rows = statuses.map((status, position) => ({ jurisdiction_id, ...status, position }))
  if (rows.length > 0) await store.insertInto('detailed_status').values(rows).execute()
  return true
}
