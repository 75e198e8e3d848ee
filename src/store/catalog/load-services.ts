import { sql } from 'kysely'
import type { Attribute, Route, Service } from '../../standard/catalog.js'
import type { Store } from '../database/database.js'

/**
 * Returns active services by jurisdiction_id and service_code, each with its attributes in order
 * (GR-DEF-11).
 */
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
  const servicesByJurisdiction = new Map<string, Map<string, Service>>()
  for (const { jurisdiction_id, ...service } of services) {
    const ownServices = servicesByJurisdiction.get(jurisdiction_id) ?? new Map<string, Service>()
    const key = serviceKey(jurisdiction_id, service.service_code)
    ownServices.set(service.service_code, {
      ...service,
      routes: routes.get(key) ?? [],
      attributes: attributes.get(key) ?? [],
    })
    servicesByJurisdiction.set(jurisdiction_id, ownServices)
  }
  return servicesByJurisdiction
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
  const attributesByService = new Map<string, Attribute[]>()
  for (const { jurisdiction_id, service_code, ...attribute } of rows) {
    const key = serviceKey(jurisdiction_id, service_code)
    attributesByService.set(key, [...(attributesByService.get(key) ?? []), attribute])
  }
  return attributesByService
}

async function loadRoutes(store: Store): Promise<Map<string, Route[]>> {
  const rows = await store
    .selectFrom('route')
    .select(['jurisdiction_id', 'service_code', 'area_type', 'area_id', 'agency_responsible'])
    .orderBy('position')
    .execute()
  const routesByService = new Map<string, Route[]>()
  for (const { jurisdiction_id, service_code, area_type, area_id, agency_responsible } of rows) {
    const key = serviceKey(jurisdiction_id, service_code)
    const route = { area: `${area_type}:${area_id}`, agency_responsible }
    routesByService.set(key, [...(routesByService.get(key) ?? []), route])
  }
  return routesByService
}

function serviceKey(jurisdiction_id: string, service_code: string): string {
  return JSON.stringify([jurisdiction_id, service_code])
}
