import {
  type Compilable,
  type Expression,
  expressionBuilder,
  type RawBuilder,
  type SqlBool,
  sql,
} from 'kysely'
import type { QueryCircle } from '../../standard/geography.js'
import { queryBuilder } from '../database/database.js'
import {
  distanceInMetres,
  FAR_FUTURE,
  insideBoxes,
  insidePolygon,
  makePoint,
  overlapsBoxes,
  withinReach,
} from '../database/geometry.js'
import type { Tables } from '../database/tables.js'
import { selectNotes } from '../service-requests/notes.js'
import { IS_PUBLIC, listColumns, selectPublicFields } from '../service-requests/public-service-requests.js'
import type { AccessPath } from './access-path.js'
import type { ListConditions, ListPlan } from './list-plan.js'

/** SQL to compare with: a single value keeps the order of an index, several need one parameter all the same. */
function matchAny<Value extends string>(values: readonly Value[]): RawBuilder<Value> {
  return values.length === 1 ? sql<Value>`${values[0]}` : sql<Value>`any(${values})`
}

/** What has to hold of a row `r`, written for a way to find it. */
export function buildConditions(plan: ListConditions, way: AccessPath = 'planned'): Expression<SqlBool>[] {
  const is = expressionBuilder<{ r: Tables['service_request'] }, 'r'>()
  const conditions: Expression<SqlBool>[] = [
    is('r.jurisdiction_id', '=', plan.jurisdiction_id),
    is('r.endpoint', '=', plan.endpoint),
    // GR-LIST-13, A-24: what is not public is left out before anything is counted.
    IS_PUBLIC,
  ]
  if (plan.start) conditions.push(is('r.requested_datetime', '>=', plan.start))
  if (plan.end) conditions.push(is('r.requested_datetime', '<=', plan.end))
  if (plan.updated_after) conditions.push(is('r.updated_datetime', '>=', plan.updated_after))
  if (plan.updated_before) conditions.push(is('r.updated_datetime', '<=', plan.updated_before))
  // A-08: codes nobody knows match nothing; the filter is never dropped.
  if (plan.service_codes.length) conditions.push(is('r.service_code', '=', matchAny(plan.service_codes)))
  if (plan.statuses.length) conditions.push(is('r.status', '=', matchAny(plan.statuses)))
  const words = buildStatusConditions(plan)
  if (words.length) conditions.push(is.or(words))
  if (plan.agencies.length) conditions.push(is('r.agency_responsible', '=', matchAny(plan.agencies)))
  if (plan.channels.length) conditions.push(is('r.channel', '=', matchAny(plan.channels)))
  if (plan.has_media !== null)
    conditions.push(sql<boolean>`(cardinality(r.media_urls) > 0) = ${plan.has_media}`)
  if (plan.searchText) conditions.push(sql<boolean>`r.words @@ to_tsquery('words', ${plan.searchText})`)
  const places = buildSpatialConditions(plan, way)
  // No index has to do with what stands in a `case`.
  return way === 'time'
    ? [...conditions, sql<boolean>`case when ${sql.join(places, sql` and `)} then true else false end`]
    : [...conditions, ...places]
}

/** What may hold of the words for the status of a row `r`. */
function buildStatusConditions({ detailed_statuses, plain_statuses }: ListConditions): RawBuilder<boolean>[] {
  const words: RawBuilder<boolean>[] = []
  if (detailed_statuses.length) words.push(sql`r.detailed_status = ${matchAny(detailed_statuses)}`)
  if (plain_statuses.length)
    words.push(sql`(r.detailed_status is null and r.status = ${matchAny(plain_statuses)})`)
  return words
}

/** What has to hold of the place of a row `r`. */
function buildSpatialConditions(
  { boxes, circle, polygon, area }: ListConditions,
  way: AccessPath,
): RawBuilder<boolean>[] {
  const places: RawBuilder<boolean>[] = []
  if (boxes) places.push(insideBoxes('r.geom', boxes))
  if (circle) {
    places.push(overlapsBoxes('r.geom', circle.bounds))
    places.push(sql<boolean>`${distanceInMetres('r.geom', circle)} <= ${circle.radius}`)
  }
  if (polygon) places.push(insidePolygon('r.geom', polygon.geojson, way !== 'planned'))
  if (area) {
    places.push(overlapsBoxes('r.geom', [area.box]))
    places.push(sql<boolean>`r.area_ids @> array[${area.id}::integer]`)
  }
  return places
}

/**
 * SQL that is true for rows behind `after`. Should that row be gone meanwhile, those of its second come again rather
 * than never.
 */
function followsCursor(
  plan: ListPlan,
  after: NonNullable<ListPlan['after']>,
  by: 'requested_datetime' | 'updated_datetime',
) {
  const isAscending = plan.order.direction === 'asc'
  const id = sql`coalesce((
    select l.id from service_request as l
     where l.jurisdiction_id = ${plan.jurisdiction_id} and l.endpoint = ${plan.endpoint}
       and l.service_request_id = ${after.service_request_id} and l.visibility = 'public'), ${sql.raw(isAscending ? '0' : '9223372036854775807')})`
  const column = sql.ref(`r.${by}`)
  const [than, bound] = isAscending ? [sql.raw('>'), sql.raw('>=')] : [sql.raw('<'), sql.raw('<=')]
  // The bound says the same again, in a form that every index knows.
  return sql<boolean>`${column} ${bound} ${after.at}::timestamptz and (${column}, r.id) ${than} (${after.at}::timestamptz, ${id})`
}

function buildAllConditions(plan: ListPlan, way: AccessPath): Expression<SqlBool>[] {
  const conditions = buildConditions(plan, way)
  const { by } = plan.order
  return plan.after && by !== 'distance' ? [...conditions, followsCursor(plan, plan.after, by)] : conditions
}

/** A number of rows: a literal, or a slot of a kept statement. */
const rowCount = (value: number): RawBuilder<number> =>
  typeof value === 'number' ? sql.lit(value) : sql<number>`${value}::bigint`

/** The statement of a list. `reach` is how many rows there are to its end, those that are skipped included. */
export function buildListStatement(plan: ListPlan, reach: number, way: AccessPath) {
  const { circle, skip, rows } = plan
  const { by, direction } = plan.order
  const conditions = buildAllConditions(plan, way)
  const chosen = buildIdSubquery(plan, conditions, reach, way)
  const page = selectPublicFields(queryBuilder, plan.isExtended)
    .where(({ and }) =>
      chosen
        ? sql<boolean>`r.id = any(array(with chosen as materialized (${chosen}) select chosen.id from chosen))`
        : and(conditions),
    )
    .$if(circle !== null, (select) => select.select(distanceInMetres('r.geom', circle!).as('distance')))
    .orderBy(by === 'distance' ? sql`distance` : sql.ref(`r.${by}`), direction)
    .orderBy('r.id', direction)
    .limit(rowCount(rows))
    .offset(rowCount(chosen && by === 'distance' ? 0 : skip))
  return plan.isExtended ? withNotes(page.select('r.id'), plan) : page
}

/**
 * The same list by the names of its rows (see `KnownRows`): their ids and versions are read, and nothing else of them.
 */
export function buildVersionStatement(plan: ListPlan, reach: number, way: AccessPath): Compilable {
  const { skip, rows } = plan
  const { by, direction } = plan.order
  const conditions = buildAllConditions(plan, way)
  const chosen = buildIdSubquery(plan, conditions, reach, way)?.select('r.version')
  if (chosen && by === 'distance') return chosen
  if (chosen)
    return queryBuilder
      .selectFrom(chosen.select('r.requested_datetime').as('c'))
      .select(['c.id', 'c.version'])
      .orderBy('c.requested_datetime', direction)
      .orderBy('c.id', direction)
      .limit(rowCount(rows))
      .offset(rowCount(skip))
  return queryBuilder
    .selectFrom('service_request as r')
    .select(['r.id', 'r.version'])
    .where(({ and }) => and(conditions))
    .orderBy(by === 'distance' ? distanceInMetres('r.geom', plan.circle!) : sql.ref(`r.${by}`), direction)
    .orderBy('r.id', direction)
    .limit(rowCount(rows))
    .offset(rowCount(skip))
}

/** The same with notes: looked for only when it is known which rows there are. Their order is kept, without sorting. */
function withNotes(page: ReturnType<typeof selectPublicFields>, { circle, order }: ListPlan) {
  return queryBuilder
    .selectFrom(page.as('p'))
    .select(listColumns(true).map((name) => sql.ref(`p.${name}`).as(name)))
    .select(selectNotes('p.id').as('notes'))
    .$if(circle !== null, (select) => select.select(sql.ref('p.distance').as('distance')))
    .orderBy(sql.ref(`p.${order.by}`), order.direction)
    .orderBy(sql.ref('p.id'), order.direction)
}

/** The ids of rows that are found best before anything else is read of them; null: in one go. */
function buildIdSubquery(plan: ListPlan, conditions: Expression<SqlBool>[], reach: number, way: AccessPath) {
  const { circle, skip, rows, order } = plan
  const found = queryBuilder.selectFrom('service_request as r').select('r.id')
  if (circle && order.by === 'distance') {
    return found
      .where(({ and }) => and(conditions))
      .$if(order.direction === 'asc', (select) =>
        select
          .innerJoin(buildReach(circle, conditions, skip + rows).as('reach'), (join) => join.onTrue())
          .where(withinReach('r.geom', circle, sql`reach.metres`))
          .where(sql<boolean>`${distanceInMetres('r.geom', circle)} <= reach.metres`),
      )
      .orderBy(distanceInMetres('r.geom', circle), order.direction)
      .orderBy('r.id', order.direction)
      .limit(rows)
      .offset(skip)
  }
  if (way !== 'place') return null
  // The GiST index orders by time alone, so that the rows of the last second all have to come before ties are broken.
  return found
    .where(({ and }) => and(conditions))
    .orderBy(sql`r.requested_datetime <-> ${FAR_FUTURE}`)
    .modifyEnd(sql`fetch first (${rowCount(reach)}) rows with ties`)
}

/**
 * How far, in metres, so many rows are at most, the nearest of all among them. The index knows the nearest in degrees;
 * the nearest in metres are no farther than the farthest of as many of those.
 */
function buildReach(near: QueryCircle, conditions: Expression<SqlBool>[], count: number) {
  const candidates = queryBuilder
    .selectFrom('service_request as r')
    .where(({ and }) => and(conditions))
    .orderBy(sql`r.geom <-> ${makePoint(near.lat, near.long)}`)
    .limit(count)
    .select(distanceInMetres('r.geom', near).as('distance'))
  return queryBuilder.selectFrom(candidates.as('n')).select(sql<number>`max(n.distance)`.as('metres'))
}
