import { sql } from 'kysely'
import type { CityFolder } from '../../catalog/read-city-folder.js'
import type { Route, Service } from '../../standard/catalog.js'
import type { Datetime } from '../../standard/datetime.js'
import type { Store } from '../database/database.js'
import { setEventContext } from '../database/event-context.js'
import { loadServices } from './load-services.js'

interface ServicesReport {
  added: string[]
  changed: string[]
  retired: string[]
  /** Those of `changed` with a new name. */
  renamed: string[]
  isReordered: boolean
}

/**
 * Replaces the services of a jurisdiction; their areas must exist. Missing services are retired;
 * imported services stay as they are.
 */
export async function writeServices(
  store: Store,
  jurisdiction_id: string,
  services: Service[],
  now: Datetime,
): Promise<ServicesReport> {
  const offered = (await loadServices(store)).get(jurisdiction_id) ?? new Map<string, Service>()
  const imported = await store
    .selectFrom('service')
    .where('jurisdiction_id', '=', jurisdiction_id)
    .where('origin', '=', 'import')
    .select('service_code')
    .execute()
  const isImported = new Set(imported.map((each) => each.service_code))
  const codes = services.map((service) => service.service_code)
  const added = codes.filter((code) => !offered.has(code))
  const newOrChanged = services.filter((service) => {
    const before = offered.get(service.service_code)
    return (
      !before ||
      isImported.has(service.service_code) ||
      serializeCanonically(before) !== serializeCanonically(service)
    )
  })
  const retired = [...offered.keys()].filter((code) => !codes.includes(code) && !isImported.has(code))
  const order = [...offered.keys()].filter((code) => codes.includes(code))
  const isReordered = order.join() !== codes.filter((code) => offered.has(code)).join()

  const renamed: string[] = []
  // Hiding or blurring changes what the public can see.
  await setEventContext(store, { datetime: now, now })
  for (const service of newOrChanged) {
    const { service_code } = service
    const isRenamed = await writeService(store, jurisdiction_id, service, codes.indexOf(service_code))
    if (isRenamed) renamed.push(service_code)
  }
  await setEventContext(store, {})
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
  const changed = newOrChanged.map((service) => service.service_code).filter((code) => !added.includes(code))
  return { added, changed, retired, renamed, isReordered }
}

/** Returns true if the service is renamed. */
async function writeService(
  store: Store,
  jurisdiction_id: string,
  service: Service,
  position: number,
): Promise<boolean> {
  const { attributes, routes, ...fields } = service
  const key = { jurisdiction_id, service_code: service.service_code }
  const row = { ...fields, translations: JSON.stringify(fields.translations) as never, position }
  const before = await store
    .selectFrom('service')
    .where('jurisdiction_id', '=', jurisdiction_id)
    .where('service_code', '=', service.service_code)
    .select(['service_name', 'blur_metres'])
    .executeTakeFirst()
  await store
    .insertInto('service')
    .values({ jurisdiction_id, ...row, origin: 'catalog', retired: false })
    .onConflict((conflict) =>
      conflict
        .columns(['jurisdiction_id', 'service_code'])
        .doUpdateSet({ ...row, origin: 'catalog', retired: false }),
    )
    .execute()
  // Less visibility applies to existing service requests, too; more visibility needs approval of each.
  await store
    .updateTable('service_request')
    .set({ visibility: service.visibility })
    .where('jurisdiction_id', '=', jurisdiction_id)
    .where('service_code', '=', service.service_code)
    .where('visibility', '<', service.visibility)
    .execute()
  if (before && service.blur_metres !== null && before.blur_metres !== service.blur_metres) {
    // A write makes the trigger blur their locations.
    await store
      .updateTable('service_request')
      .set({ service_code: service.service_code })
      .where('jurisdiction_id', '=', jurisdiction_id)
      .where('service_code', '=', service.service_code)
      .execute()
  }
  const isRenamed = before !== undefined && before.service_name !== service.service_name
  for (const table of ['route', 'attribute'] as const) {
    await store
      .deleteFrom(table)
      .where('jurisdiction_id', '=', jurisdiction_id)
      .where('service_code', '=', service.service_code)
      .execute()
  }
  if (routes.length > 0) {
    const row = ({ area, agency_responsible }: Route, position: number) => {
      const [area_type, area_id] = [area.slice(0, area.indexOf(':')), area.slice(area.indexOf(':') + 1)]
      return { ...key, position, area_type, area_id, agency_responsible }
    }
    await store.insertInto('route').values(routes.map(row)).execute()
  }
  if (attributes.length === 0) return isRenamed
  await store
    .insertInto('attribute')
    .values(attributes.map(({ values: _, ...attribute }) => ({ ...key, ...attribute })))
    .execute()
  const values = attributes.flatMap(({ code, values }) =>
    values.map((value, index) => ({ ...key, code, ...value, position: index })),
  )
  if (values.length > 0) await store.insertInto('attribute_value').values(values).execute()
  return isRenamed
}

/** Converts a service entry of a file; attributes are numbered 1..n without gaps (GR-DEF-07, A-50). */
export function toService(entry: CityFolder['services'][number]): Service {
  const { location, attributes, agency_responsible, agency_by_area, service_notice, ...rest } = entry
  const { expected_within, blur_metres, groups, ...service } = rest
  return {
    ...service,
    agency_responsible: agency_responsible ?? null,
    routes: Object.entries(agency_by_area ?? {}).map(([area, agency]) => ({
      area,
      agency_responsible: agency,
    })),
    service_notice: service_notice ?? null,
    location_required: location === 'required',
    target_hours: expected_within && 'hours' in expected_within ? expected_within.hours : null,
    target_days: expected_within && 'working_days' in expected_within ? expected_within.working_days : null,
    blur_metres: blur_metres ?? null,
    groups: groups ?? [],
    attributes: attributes.map(({ automated, values, ...attribute }, index) => ({
      ...attribute,
      order: index + 1,
      automated: automated ?? null,
      // Free text and automated values may be personal data.
      public: attribute.public ?? (attribute.datatype.endsWith('valuelist') && automated === undefined),
      values: values ?? [],
    })),
  }
}

/** Serializes a service independently of the order of its members. */
function serializeCanonically(service: Service): string {
  return JSON.stringify(service, (_, value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )
}
