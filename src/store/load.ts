import { sql } from 'kysely'
import type { CityFolder } from '../catalog/read.js'
import type { Service } from '../standard/catalog.js'
import type { Datetime } from '../standard/datetime.js'
import { ENDPOINTS } from '../standard/terms.js'
import { readServices } from './catalog.js'
import { lockCatalogOf, moveChangeset } from './changeset.js'
import type { Store } from './database.js'
import { polygonOf } from './geometry.js'
import { checkPolygon, loadAreas } from './load-areas.js'

/** What a load changed. */
export interface LoadReport {
  jurisdiction_id: string
  added: string[]
  changed: string[]
  retired: string[]
  areas: number
  /** Any difference at all: then the changeset has moved (DISC-07). */
  isDifferent: boolean
}

/**
 * Makes the catalog of each jurisdiction what its folder says, all in one transaction. Services that vanished are
 * retired: they are offered no more, and their service requests stay. Services met in imports are left alone. Throws
 * CatalogFaults for geometry that PostGIS cannot use.
 */
export async function loadCities(
  store: Store,
  cities: readonly CityFolder[],
  now: Datetime,
): Promise<LoadReport[]> {
  return store.transaction().execute(async (transaction) => {
    const reports: LoadReport[] = []
    for (const city of cities) reports.push(await loadCity(transaction, city, now))
    return reports
  })
}

async function loadCity(store: Store, city: CityFolder, now: Datetime): Promise<LoadReport> {
  const { jurisdiction_id } = city.jurisdiction
  await lockCatalogOf(store, jurisdiction_id)
  const isNewOrChanged = await loadJurisdiction(store, city, now)
  const { isReordered, ...services } = await loadServices(
    store,
    jurisdiction_id,
    city.services.map(asService),
  )
  const areas = await loadAreas(store, jurisdiction_id, city.areas)
  const different = areas + services.added.length + services.changed.length + services.retired.length
  const isDifferent = isNewOrChanged || isReordered || different > 0
  if (isDifferent) await moveChangeset(store, jurisdiction_id, now)
  return { jurisdiction_id, ...services, areas, isDifferent }
}

/** True if there was a difference. Makes the sequences that new ids are counted by. */
async function loadJurisdiction(
  store: Store,
  { jurisdiction, boundary }: CityFolder,
  now: Datetime,
): Promise<boolean> {
  const { jurisdiction_id, service_request_id: service_request_id_form, outside_boundary } = jurisdiction
  const { name, time_zone, language, contact, key_service } = jurisdiction
  const row = {
    name,
    time_zone,
    language,
    contact,
    key_service,
    service_request_id_form,
    refuse_outside: outside_boundary === 'refuse',
  }
  if (boundary) await checkPolygon(store, boundary.geometry, boundary.file, 'boundary')
  // Every new id asks for the year there: better refused now than with the first service request.
  await sql`select now() at time zone ${time_zone}`.execute(store)
  const written = await store
    .insertInto('jurisdiction')
    .values({
      jurisdiction_id,
      ...row,
      boundary: boundary && polygonOf(boundary.geometry),
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
        }))
        .where(
          sql<boolean>`(jurisdiction.name, jurisdiction.time_zone, jurisdiction.language, jurisdiction.contact, jurisdiction.key_service,
            jurisdiction.service_request_id_form, jurisdiction.refuse_outside, st_asbinary(jurisdiction.boundary))
            is distinct from (excluded.name, excluded.time_zone, excluded.language, excluded.contact, excluded.key_service,
            excluded.service_request_id_form, excluded.refuse_outside, st_asbinary(excluded.boundary))`,
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
  return written !== undefined
}

interface ServicesReport {
  added: string[]
  changed: string[]
  retired: string[]
  isReordered: boolean
}

async function loadServices(
  store: Store,
  jurisdiction_id: string,
  wanted: Service[],
): Promise<ServicesReport> {
  const offered = (await readServices(store)).get(jurisdiction_id) ?? new Map<string, Service>()
  const imported = await store
    .selectFrom('service')
    .where('jurisdiction_id', '=', jurisdiction_id)
    .where('origin', '=', 'import')
    .select('service_code')
    .execute()
  const isImported = new Set(imported.map((each) => each.service_code))
  const codes = wanted.map((service) => service.service_code)
  const added = codes.filter((code) => !offered.has(code))
  const different = wanted.filter((service) => {
    const before = offered.get(service.service_code)
    return !before || isImported.has(service.service_code) || canonical(before) !== canonical(service)
  })
  const retired = [...offered.keys()].filter((code) => !codes.includes(code) && !isImported.has(code))
  const order = [...offered.keys()].filter((code) => codes.includes(code))
  const isReordered = order.join() !== codes.filter((code) => offered.has(code)).join()

  for (const service of different)
    await writeService(store, jurisdiction_id, service, codes.indexOf(service.service_code))
  if (codes.length > 0) {
    await sql`
      update service set position = wanted.position - 1
        from unnest(${codes}::text[]) with ordinality as wanted (service_code, position)
       where service.jurisdiction_id = ${jurisdiction_id}
         and service.service_code = wanted.service_code
         and service.position <> wanted.position - 1`.execute(store)
  }
  if (retired.length > 0) {
    await store
      .updateTable('service')
      .set({ retired: true })
      .where('jurisdiction_id', '=', jurisdiction_id)
      .where('service_code', 'in', retired)
      .execute()
  }
  const changed = different.map((service) => service.service_code).filter((code) => !added.includes(code))
  return { added, changed, retired, isReordered }
}

async function writeService(
  store: Store,
  jurisdiction_id: string,
  service: Service,
  position: number,
): Promise<void> {
  const { attributes, ...fields } = service
  const place = { jurisdiction_id, service_code: service.service_code }
  const row = { ...fields, translations: JSON.stringify(fields.translations) as never, position }
  await store
    .insertInto('service')
    .values({ jurisdiction_id, ...row, origin: 'catalog', retired: false })
    .onConflict((conflict) =>
      conflict
        .columns(['jurisdiction_id', 'service_code'])
        .doUpdateSet({ ...row, origin: 'catalog', retired: false }),
    )
    .execute()
  // What was tightened is tightened for what was filed before; what was loosened has to be approved one by one.
  await store
    .updateTable('service_request')
    .set({ visibility: service.visibility })
    .where('jurisdiction_id', '=', jurisdiction_id)
    .where('service_code', '=', service.service_code)
    .where('visibility', '<', service.visibility)
    .execute()
  await store
    .deleteFrom('attribute')
    .where('jurisdiction_id', '=', jurisdiction_id)
    .where('service_code', '=', service.service_code)
    .execute()
  if (attributes.length === 0) return
  await store
    .insertInto('attribute')
    .values(attributes.map(({ values: _, ...attribute }) => ({ ...place, ...attribute })))
    .execute()
  const values = attributes.flatMap(({ code, values }) =>
    values.map((value, index) => ({ ...place, code, ...value, position: index })),
  )
  if (values.length > 0) await store.insertInto('attribute_value').values(values).execute()
}

/** A service entry of a file as the catalog holds it; attributes are numbered 1..n without gaps (GR-DEF-07, A-50). */
function asService(entry: CityFolder['services'][number]): Service {
  const { location, attributes, agency_responsible, service_notice, ...service } = entry
  return {
    ...service,
    agency_responsible: agency_responsible ?? null,
    service_notice: service_notice ?? null,
    location_required: location === 'required',
    attributes: attributes.map(({ automated, values, ...attribute }, index) => ({
      ...attribute,
      order: index + 1,
      automated: automated ?? null,
      values: values ?? [],
    })),
  }
}

/** The same text for the same service, in whatever order its members are. */
function canonical(service: Service): string {
  return JSON.stringify(service, (_, value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )
}
