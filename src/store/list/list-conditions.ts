import { type Expression, expressionBuilder, type RawBuilder, type SqlBool, sql } from 'kysely'
import { distanceInMetres, insideBoxes, insidePolygon, overlapsBoxes } from '../database/geometry.js'
import type { Tables } from '../database/tables.js'
import { IS_PUBLIC } from '../service-requests/public-service-requests.js'
import type { AccessPath } from './access-path.js'
import type { ListConditions } from './list-plan.js'

/**
 * SQL to compare a column with: a single value keeps the order of an index, several are one array
 * parameter.
 */
function matchAny<Value extends string>(values: readonly Value[]): RawBuilder<Value> {
  return values.length === 1 ? sql<Value>`${values[0]}` : sql<Value>`any(${values})`
}

/** Conditions on a row `r`, written for an access path. */
export function buildConditions(
  plan: ListConditions,
  accessPath: AccessPath = 'planner',
): Expression<SqlBool>[] {
  const is = expressionBuilder<{ r: Tables['service_request'] }, 'r'>()
  const conditions: Expression<SqlBool>[] = [
    is('r.jurisdiction_id', '=', plan.jurisdiction_id),
    is('r.endpoint', '=', plan.endpoint),
    // GR-LIST-13, A-24: filtered before anything is counted.
    IS_PUBLIC,
  ]
  if (plan.start) conditions.push(is('r.requested_datetime', '>=', plan.start))
  if (plan.end) conditions.push(is('r.requested_datetime', '<=', plan.end))
  if (plan.updated_after) conditions.push(is('r.updated_datetime', '>=', plan.updated_after))
  if (plan.updated_before) conditions.push(is('r.updated_datetime', '<=', plan.updated_before))
  // A-08: unknown codes match nothing; the filter is never dropped.
  if (plan.service_codes.length) conditions.push(is('r.service_code', '=', matchAny(plan.service_codes)))
  if (plan.statuses.length) conditions.push(is('r.status', '=', matchAny(plan.statuses)))
  const statuses = buildStatusConditions(plan)
  if (statuses.length) conditions.push(is.or(statuses))
  if (plan.agencies.length) conditions.push(is('r.agency_responsible', '=', matchAny(plan.agencies)))
  if (plan.channels.length) conditions.push(is('r.channel', '=', matchAny(plan.channels)))
  if (plan.has_media !== null)
    conditions.push(sql<boolean>`(cardinality(r.media_urls) > 0) = ${plan.has_media}`)
  if (plan.searchText)
    conditions.push(sql<boolean>`r.search_vector @@ to_tsquery('search', ${plan.searchText})`)
  const spatial = buildSpatialConditions(plan, accessPath)
  // A `case` keeps the planner from using the spatial index.
  return accessPath === 'time'
    ? [...conditions, sql<boolean>`case when ${sql.join(spatial, sql` and `)} then true else false end`]
    : [...conditions, ...spatial]
}

/** Alternative conditions on detailed and plain statuses (EXT-30). */
function buildStatusConditions({ detailed_statuses, plain_statuses }: ListConditions): RawBuilder<boolean>[] {
  const conditions: RawBuilder<boolean>[] = []
  if (detailed_statuses.length) conditions.push(sql`r.detailed_status = ${matchAny(detailed_statuses)}`)
  if (plain_statuses.length)
    conditions.push(sql`(r.detailed_status is null and r.status = ${matchAny(plain_statuses)})`)
  return conditions
}

function buildSpatialConditions(
  { boxes, circle, polygon, area }: ListConditions,
  accessPath: AccessPath,
): RawBuilder<boolean>[] {
  const conditions: RawBuilder<boolean>[] = []
  if (boxes) conditions.push(insideBoxes('r.geom', boxes))
  if (circle) {
    conditions.push(overlapsBoxes('r.geom', circle.bounds))
    conditions.push(sql<boolean>`${distanceInMetres('r.geom', circle)} <= ${circle.radius}`)
  }
  if (polygon) conditions.push(insidePolygon('r.geom', polygon.geojson, accessPath !== 'planner'))
  if (area) {
    conditions.push(overlapsBoxes('r.geom', [area.box]))
    conditions.push(sql<boolean>`r.area_ids @> array[${area.id}::integer]`)
  }
  return conditions
}
