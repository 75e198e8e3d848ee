import type { Feature, MultiPolygon } from 'geojson'
import { sql } from 'kysely'
import type {
  ApiKey,
  Area,
  Attribute,
  Catalog,
  DetailedStatus,
  Jurisdiction,
  Route,
  Service,
} from '../../standard/catalog.js'
import type { Box } from '../../standard/geography.js'
import { DEFAULT_STATUSES } from '../../standard/status-words.js'
import type { Store } from '../database/database.js'

/** Reads the whole catalog as one value, from one snapshot of the database. */
export async function loadCatalog(store: Store): Promise<Catalog> {
  return store
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (snapshot) => {
      const services = await loadServices(snapshot)
      const areas = await loadAreas(snapshot)
      const statuses = await loadStatuses(snapshot)
      const rows = await snapshot
        .selectFrom('jurisdiction')
        .select([
          'jurisdiction_id',
          'name',
          'time_zone',
          'language',
          'contact',
          'key_service',
          'refuse_outside',
          'changeset',
          'working_days',
        ])
        .select(sql<string[]>`days_off::text[]`.as('days_off'))
        .select(sql<string | null>`st_asgeojson(boundary, 7)`.as('boundary'))
        .orderBy('jurisdiction_id')
        .execute()
      const jurisdictions = rows.map((row): [string, Jurisdiction] => [
        row.jurisdiction_id,
        {
          ...row,
          boundary: parseFeature(row.boundary),
          services: services.get(row.jurisdiction_id) ?? new Map(),
          areas: areas.get(row.jurisdiction_id) ?? new Map(),
          statuses: statuses.get(row.jurisdiction_id) ?? DEFAULT_STATUSES,
        } as Jurisdiction,
      ])
      return { jurisdictions: new Map(jurisdictions), keys: await loadKeys(snapshot) }
    })
}

async function loadStatuses(store: Store): Promise<Map<string, Map<string, DetailedStatus>>> {
  const rows = await store
    .selectFrom('detailed_status')
    .select(['jurisdiction_id', 'code', 'name', 'status'])
    .orderBy('jurisdiction_id')
    .orderBy('position')
    .execute()
  const found = new Map<string, Map<string, DetailedStatus>>()
  for (const { jurisdiction_id, ...status } of rows) {
    const own = found.get(jurisdiction_id) ?? new Map<string, DetailedStatus>()
    found.set(jurisdiction_id, own.set(status.code, status))
  }
  return found
}

/** Services that are offered, by jurisdiction_id and service_code, each with its attributes in order (GR-DEF-11). */
export async function loadServices(store: Store): Promise<Map<string, Map<string, Service>>> {
  const services = await store
    .selectFrom('service')
    .where('retired', '=', false)
    .select(['jurisdiction_id', 'service_code', 'service_name', 'description', 'type', 'keywords', 'group'])
    .select(['agency_responsible', 'service_notice', 'location_required', 'visibility', 'translations'])
    .select(['areas', 'groups', 'target_hours', 'target_days', 'blur_metres'])
    .orderBy('jurisdiction_id')
    .orderBy('position')
    .orderBy('service_code')
    .execute()
  const attributes = await loadAttributes(store)
  const routes = await loadRoutes(store)
  const found = new Map<string, Map<string, Service>>()
  for (const { jurisdiction_id, ...service } of services) {
    const own = found.get(jurisdiction_id) ?? new Map<string, Service>()
    const key = serviceKey(jurisdiction_id, service.service_code)
    own.set(service.service_code, {
      ...service,
      routes: routes.get(key) ?? [],
      attributes: attributes.get(key) ?? [],
    })
    found.set(jurisdiction_id, own)
  }
  return found
}

async function loadAttributes(store: Store): Promise<Map<string, Attribute[]>> {
  const rows = await store
    .selectFrom('attribute as a')
    .leftJoin('attribute_value as v', (join) =>
      join
        .onRef('v.jurisdiction_id', '=', 'a.jurisdiction_id')
        .onRef('v.service_code', '=', 'a.service_code')
        .onRef('v.code', '=', 'a.code'),
    )
    .select([
      'a.jurisdiction_id',
      'a.service_code',
      'a.code',
      'a.order',
      'a.variable',
      'a.datatype',
      'a.required',
    ])
    .select(['a.description', 'a.datatype_description', 'a.automated', 'a.public'])
    .select(
      sql<Attribute['values']>`coalesce(
        jsonb_agg(jsonb_build_object('key', v.key, 'name', v.name) order by v.position) filter (where v.key is not null),
        '[]')`.as('values'),
    )
    .groupBy(['a.jurisdiction_id', 'a.service_code', 'a.code'])
    .orderBy('a.order')
    .execute()
  const found = new Map<string, Attribute[]>()
  for (const { jurisdiction_id, service_code, ...attribute } of rows) {
    const service = serviceKey(jurisdiction_id, service_code)
    found.set(service, [...(found.get(service) ?? []), attribute])
  }
  return found
}

async function loadRoutes(store: Store): Promise<Map<string, Route[]>> {
  const rows = await store
    .selectFrom('route')
    .select(['jurisdiction_id', 'service_code', 'area_type', 'area_id', 'agency_responsible'])
    .orderBy('position')
    .execute()
  const found = new Map<string, Route[]>()
  for (const { jurisdiction_id, service_code, area_type, area_id, agency_responsible } of rows) {
    const service = serviceKey(jurisdiction_id, service_code)
    const route = { area: `${area_type}:${area_id}`, agency_responsible }
    found.set(service, [...(found.get(service) ?? []), route])
  }
  return found
}

/** Areas without their polygons, but for those that a service is limited to: they are looked at with each submission. */
async function loadAreas(store: Store): Promise<Map<string, Map<string, Area>>> {
  const { rows } = await sql<
    Omit<Area, 'box' | 'polygon'> & Box & { jurisdiction_id: string; polygon: string | null }
  >`
    select a.jurisdiction_id, a.id, a.area_type, a.area_id, a.name,
           st_xmin(a.geom) as west, st_ymin(a.geom) as south, st_xmax(a.geom) as east, st_ymax(a.geom) as north,
           case when exists (select from service as s
                              where s.jurisdiction_id = a.jurisdiction_id and not s.retired
                                and a.area_type || ':' || a.area_id = any(s.areas))
                then st_asgeojson(a.geom, 7) end as polygon
      from area as a
     order by a.jurisdiction_id, a.area_type, a.area_id`.execute(store)
  const found = new Map<string, Map<string, Area>>()
  for (const { jurisdiction_id, west, south, east, north, polygon, ...area } of rows) {
    const own = found.get(jurisdiction_id) ?? new Map<string, Area>()
    const box = { west, south, east, north }
    own.set(`${area.area_type}:${area.area_id}`, { ...area, box, polygon: parseFeature(polygon) })
    found.set(jurisdiction_id, own)
  }
  return found
}

function parseFeature(geojson: string | null): Feature<MultiPolygon> | null {
  return geojson === null
    ? null
    : { type: 'Feature', properties: {}, geometry: JSON.parse(geojson) as MultiPolygon }
}

function serviceKey(jurisdiction_id: string, service_code: string): string {
  return JSON.stringify([jurisdiction_id, service_code])
}

async function loadKeys(store: Store): Promise<Map<string, ApiKey>> {
  const rows = await store
    .selectFrom('api_key')
    .where('revoked', 'is', null)
    .select(['key_id', 'jurisdiction_id', 'scopes'])
    .select(sql<string>`encode(key_hash, 'hex')`.as('hash'))
    .execute()
  return new Map(rows.map(({ hash, ...key }) => [hash, key]))
}
