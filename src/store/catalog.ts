import type { MultiPolygon } from 'geojson'
import { sql } from 'kysely'
import type { ApiKey, Attribute, Catalog, Jurisdiction, Service } from '../standard/catalog.js'
import type { Store } from './database.js'

/** Reads the whole catalog as one value, from one snapshot of the database. */
export async function readCatalog(store: Store): Promise<Catalog> {
  return store
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (snapshot) => {
      const services = await readServices(snapshot)
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
        ])
        .select(sql<string | null>`st_asgeojson(boundary, 7)`.as('boundary'))
        .orderBy('jurisdiction_id')
        .execute()
      const jurisdictions = rows.map((row): [string, Jurisdiction] => [
        row.jurisdiction_id,
        {
          ...row,
          boundary: row.boundary && {
            type: 'Feature',
            properties: {},
            geometry: JSON.parse(row.boundary) as MultiPolygon,
          },
          services: services.get(row.jurisdiction_id) ?? new Map(),
        } as Jurisdiction,
      ])
      return { jurisdictions: new Map(jurisdictions), keys: await readKeys(snapshot) }
    })
}

/** Services that are offered, by jurisdiction_id and service_code, each with its attributes in order (GR-DEF-11). */
export async function readServices(store: Store): Promise<Map<string, Map<string, Service>>> {
  const services = await store
    .selectFrom('service')
    .where('retired', '=', false)
    .select(['jurisdiction_id', 'service_code', 'service_name', 'description', 'type', 'keywords', 'group'])
    .select(['agency_responsible', 'service_notice', 'location_required', 'visibility', 'translations'])
    .orderBy('jurisdiction_id')
    .orderBy('position')
    .orderBy('service_code')
    .execute()
  const attributes = await readAttributes(store)
  const found = new Map<string, Map<string, Service>>()
  for (const { jurisdiction_id, ...service } of services) {
    const own = found.get(jurisdiction_id) ?? new Map<string, Service>()
    own.set(service.service_code, {
      ...service,
      attributes: attributes.get(JSON.stringify([jurisdiction_id, service.service_code])) ?? [],
    })
    found.set(jurisdiction_id, own)
  }
  return found
}

async function readAttributes(store: Store): Promise<Map<string, Attribute[]>> {
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
    .select(['a.description', 'a.datatype_description', 'a.automated'])
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
    const service = JSON.stringify([jurisdiction_id, service_code])
    found.set(service, [...(found.get(service) ?? []), attribute])
  }
  return found
}

async function readKeys(store: Store): Promise<Map<string, ApiKey>> {
  const rows = await store
    .selectFrom('api_key')
    .where('revoked', 'is', null)
    .select(['key_id', 'jurisdiction_id', 'scopes'])
    .select(sql<string>`encode(key_hash, 'hex')`.as('hash'))
    .execute()
  return new Map(rows.map(({ hash, ...key }) => [hash, key]))
}
