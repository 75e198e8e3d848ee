import {
  type Compilable,
  type Expression,
  expressionBuilder,
  type RawBuilder,
  type SqlBool,
  sql,
} from 'kysely'
import type { AskedCircle } from '../../standard/geography.js'
import { unconnected } from '../database/database.js'
import {
  distanceTo,
  isAboutBoxes,
  isAboutReach,
  isInBoxes,
  isInPolygon,
  pointOf,
} from '../database/geometry.js'
import type { Tables } from '../database/tables.js'
import { notesOf } from '../service-requests/notes.js'
import { columnsOf, IS_PUBLIC, publicFields } from '../service-requests/public-service-requests.js'
import type { Way } from './access-path.js'
import type { Conditions, ListPlan } from './list-plan.js'

/** Later than any datetime: the GiST index orders by the distance in time to it. */
export const FAR = sql`timestamptz '9999-01-01'`

/** SQL to compare with: a single value keeps the order of an index, several need one parameter all the same. */
function oneOf<Value extends string>(values: readonly Value[]): RawBuilder<Value> {
  return values.length === 1 ? sql<Value>`${values[0]}` : sql<Value>`any(${values})`
}

/** What has to hold of a row `r`, written for a way to find it. */
export function conditionsOf(plan: Conditions, way: Way = 'planned'): Expression<SqlBool>[] {
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
  if (plan.service_codes.length) conditions.push(is('r.service_code', '=', oneOf(plan.service_codes)))
  if (plan.statuses.length) conditions.push(is('r.status', '=', oneOf(plan.statuses)))
  const words = wordsOf(plan)
  if (words.length) conditions.push(is.or(words))
  if (plan.agencies.length) conditions.push(is('r.agency_responsible', '=', oneOf(plan.agencies)))
  if (plan.channels.length) conditions.push(is('r.channel', '=', oneOf(plan.channels)))
  if (plan.has_media !== null)
    conditions.push(sql<boolean>`(cardinality(r.media_urls) > 0) = ${plan.has_media}`)
  if (plan.words) conditions.push(sql<boolean>`r.words @@ to_tsquery('words', ${plan.words})`)
  const places = placesOf(plan, way)
  // No index has to do with what stands in a `case`.
  return way === 'time'
    ? [...conditions, sql<boolean>`case when ${sql.join(places, sql` and `)} then true else false end`]
    : [...conditions, ...places]
}

/** What may hold of the words for the status of a row `r`. */
function wordsOf({ detailed_statuses, plain_statuses }: Conditions): RawBuilder<boolean>[] {
  const words: RawBuilder<boolean>[] = []
  if (detailed_statuses.length) words.push(sql`r.detailed_status = ${oneOf(detailed_statuses)}`)
  if (plain_statuses.length)
    words.push(sql`(r.detailed_status is null and r.status = ${oneOf(plain_statuses)})`)
  return words
}

/** What has to hold of the place of a row `r`. */
function placesOf({ boxes, near, polygon, area }: Conditions, way: Way): RawBuilder<boolean>[] {
  const places: RawBuilder<boolean>[] = []
  if (boxes) places.push(isInBoxes('r.geom', boxes))
  if (near) {
    places.push(isAboutBoxes('r.geom', near.around))
    places.push(sql<boolean>`${distanceTo('r.geom', near)} <= ${near.radius}`)
  }
  if (polygon) places.push(isInPolygon('r.geom', polygon.geojson, way !== 'planned'))
  if (area) {
    places.push(isAboutBoxes('r.geom', [area.box]))
    places.push(sql<boolean>`r.area_ids @> array[${area.id}::integer]`)
  }
  return places
}

/**
 * SQL that is true for rows behind `after`. Should that row be gone meanwhile, those of its second come again rather
 * than never.
 */
function isAfter(
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

function allConditionsOf(plan: ListPlan, way: Way): Expression<SqlBool>[] {
  const conditions = conditionsOf(plan, way)
  const { by } = plan.order
  return plan.after && by !== 'distance' ? [...conditions, isAfter(plan, plan.after, by)] : conditions
}

/** A number of rows: a literal, or a slot of a kept statement. */
const amount = (value: number): RawBuilder<number> =>
  typeof value === 'number' ? sql.lit(value) : sql<number>`${value}::bigint`

/** The statement of a list. `reach` is how many rows there are to its end, those that are skipped included. */
export function statementOf(plan: ListPlan, reach: number, way: Way) {
  const { near, skip, rows } = plan
  const { by, direction } = plan.order
  const conditions = allConditionsOf(plan, way)
  const chosen = chosenFirst(plan, conditions, reach, way)
  const page = publicFields(unconnected, plan.isExtended)
    .where(({ and }) =>
      chosen
        ? sql<boolean>`r.id = any(array(with chosen as materialized (${chosen}) select chosen.id from chosen))`
        : and(conditions),
    )
    .$if(near !== null, (select) => select.select(distanceTo('r.geom', near!).as('distance')))
    .orderBy(by === 'distance' ? sql`distance` : sql.ref(`r.${by}`), direction)
    .orderBy('r.id', direction)
    .limit(amount(rows))
    .offset(amount(chosen && by === 'distance' ? 0 : skip))
  return plan.isExtended ? withNotes(page.select('r.id'), plan) : page
}

/**
 * The same list by the names of its rows (see `KnownRows`): their ids and versions are read, and nothing else of them.
 */
export function namesOf(plan: ListPlan, reach: number, way: Way): Compilable {
  const { skip, rows } = plan
  const { by, direction } = plan.order
  const conditions = allConditionsOf(plan, way)
  const chosen = chosenFirst(plan, conditions, reach, way)?.select('r.version')
  if (chosen && by === 'distance') return chosen
  if (chosen)
    return unconnected
      .selectFrom(chosen.select('r.requested_datetime').as('c'))
      .select(['c.id', 'c.version'])
      .orderBy('c.requested_datetime', direction)
      .orderBy('c.id', direction)
      .limit(amount(rows))
      .offset(amount(skip))
  return unconnected
    .selectFrom('service_request as r')
    .select(['r.id', 'r.version'])
    .where(({ and }) => and(conditions))
    .orderBy(by === 'distance' ? distanceTo('r.geom', plan.near!) : sql.ref(`r.${by}`), direction)
    .orderBy('r.id', direction)
    .limit(amount(rows))
    .offset(amount(skip))
}

/** The same with notes: looked for only when it is known which rows there are. Their order is kept, without sorting. */
function withNotes(page: ReturnType<typeof publicFields>, { near, order }: ListPlan) {
  return unconnected
    .selectFrom(page.as('p'))
    .select(columnsOf(true).map((name) => sql.ref(`p.${name}`).as(name)))
    .select(notesOf('p.id').as('notes'))
    .$if(near !== null, (select) => select.select(sql.ref('p.distance').as('distance')))
    .orderBy(sql.ref(`p.${order.by}`), order.direction)
    .orderBy(sql.ref('p.id'), order.direction)
}

/** The ids of rows that are found best before anything else is read of them; null: in one go. */
function chosenFirst(plan: ListPlan, conditions: Expression<SqlBool>[], reach: number, way: Way) {
  const { near, skip, rows, order } = plan
  const found = unconnected.selectFrom('service_request as r').select('r.id')
  if (near && order.by === 'distance') {
    return found
      .where(({ and }) => and(conditions))
      .$if(order.direction === 'asc', (select) =>
        select
          .innerJoin(reachOf(near, conditions, skip + rows).as('reach'), (join) => join.onTrue())
          .where(isAboutReach('r.geom', near, sql`reach.metres`))
          .where(sql<boolean>`${distanceTo('r.geom', near)} <= reach.metres`),
      )
      .orderBy(distanceTo('r.geom', near), order.direction)
      .orderBy('r.id', order.direction)
      .limit(rows)
      .offset(skip)
  }
  if (way !== 'place') return null
  // The GiST index orders by time alone, so that the rows of the last second all have to come before ties are broken.
  return found
    .where(({ and }) => and(conditions))
    .orderBy(sql`r.requested_datetime <-> ${FAR}`)
    .modifyEnd(sql`fetch first (${amount(reach)}) rows with ties`)
}

/**
 * How far, in metres, so many rows are at most, the nearest of all among them. The index knows the nearest in degrees;
 * the nearest in metres are no farther than the farthest of as many of those.
 */
function reachOf(near: AskedCircle, conditions: Expression<SqlBool>[], count: number) {
  const candidates = unconnected
    .selectFrom('service_request as r')
    .where(({ and }) => and(conditions))
    .orderBy(sql`r.geom <-> ${pointOf(near.lat, near.long)}`)
    .limit(count)
    .select(distanceTo('r.geom', near).as('distance'))
  return unconnected.selectFrom(candidates.as('n')).select(sql<number>`max(n.distance)`.as('metres'))
}
