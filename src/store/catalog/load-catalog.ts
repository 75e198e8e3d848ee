import type { Feature, MultiPolygon } from 'geojson'
import { sql } from 'kysely'
import type { ApiKey, Area, Catalog, DetailedStatus, Jurisdiction } from '../../standard/catalog.js'
import type { Box } from '../../standard/geography.js'
import { DEFAULT_STATUSES } from '../../standard/status-words.js'
import type { Store } from '../database/database.js'
import { loadServices } from './load-services.js'

/** Reads the whole catalog in one snapshot of the database. */
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
  const statusesByJurisdiction = new Map<string, Map<string, DetailedStatus>>()
  for (const { jurisdiction_id, ...status } of rows) {
    const statuses = statusesByJurisdiction.get(jurisdiction_id) ?? new Map<string, DetailedStatus>()
    statusesByJurisdiction.set(jurisdiction_id, statuses.set(status.code, status))
  }
  return statusesByJurisdiction
}

/**
 * Loads areas. Only areas that limit a service have polygons: every submission is tested against
 * them.
 */
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
  const areasByJurisdiction = new Map<string, Map<string, Area>>()
  for (const { jurisdiction_id, west, south, east, north, polygon, ...area } of rows) {
    const areas = areasByJurisdiction.get(jurisdiction_id) ?? new Map<string, Area>()
    const box = { west, south, east, north }
    areas.set(`${area.area_type}:${area.area_id}`, { ...area, box, polygon: parseFeature(polygon) })
    areasByJurisdiction.set(jurisdiction_id, areas)
  }
  return areasByJurisdiction
}

function parseFeature(geojson: string | null): Feature<MultiPolygon> | null {
  return geojson === null
    ? null
    : { type: 'Feature', properties: {}, geometry: JSON.parse(geojson) as MultiPolygon }
}

async function loadKeys(store: Store): Promise<Map<string, ApiKey>> {
  const rows = await store
    .selectFrom('api_key')
    .where('revoked_at', 'is', null)
    .select(['key_id', 'jurisdiction_id', 'scopes'])
    .select(sql<string>`encode(key_hash, 'hex')`.as('hash'))
    .execute()
  return new Map(rows.map(({ hash, ...key }) => [hash, key]))
}
