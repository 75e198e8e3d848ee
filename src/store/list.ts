import { type Expression, expressionBuilder, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Row } from '../documents/document.js'
import type { Datetime } from '../standard/datetime.js'
import { type Box, boxesAround, type Circle } from '../standard/geography.js'
import type { Status } from '../standard/terms.js'
import type { Store } from './database.js'
import { distanceTo, isAboutBoxes, isInBoxes, isInPolygon } from './geometry.js'
import { type Place, publicFields } from './service-requests.js'
import type { Tables } from './tables.js'

/** What has to hold of the service requests of a list; what is null or empty is not asked. */
export interface Conditions extends Place {
  service_codes: string[]
  statuses: Status[]
  agencies: string[]
  channels: string[]
  has_media: boolean | null
  start: Datetime | null
  end: Datetime | null
  updated_after: Datetime | null
  updated_before: Datetime | null
  near: Circle | null
  boxes: Box[] | null
  polygon: string | null
  area: { area_type: string; area_id: string } | null
}

/** Which of them, in which order. `after` is the row that a crawl has come to. */
export interface ListPlan extends Conditions {
  order: { by: 'requested_datetime' | 'updated_datetime' | 'distance'; direction: 'asc' | 'desc' }
  rows: number
  skip: number
  after: { at: Datetime; service_request_id: string } | null
  /** With what the standard has no field for. */
  isExtended: boolean
}

/** The row of a list, and what a cursor is made of. */
export type ListedRow = Row & {
  service_request_id: string
  requested_datetime: Datetime
  updated_datetime: Datetime
}

/** Later than any datetime: the GiST index orders by the distance in time to it. */
const FAR = sql`timestamptz '9999-01-01'`

/** Rows to be skipped up to which the index of places is the shorter way. */
const SHALLOW = 10_000

/** SQL to compare with: a single value keeps the order of an index, several need one parameter all the same. */
function oneOf<Value extends string>(values: readonly Value[]): RawBuilder<Value> {
  return values.length === 1 ? sql<Value>`${values[0]}` : sql<Value>`any(${values})`
}

/** What has to hold of a row `r`. */
function conditionsOf(plan: Conditions): Expression<SqlBool>[] {
  const is = expressionBuilder<{ r: Tables['service_request'] }, 'r'>()
  const conditions: Expression<SqlBool>[] = [
    is('r.jurisdiction_id', '=', plan.jurisdiction_id),
    is('r.endpoint', '=', plan.endpoint),
    is('r.service_request_id', 'is not', null),
    // GR-LIST-13: what is not public is left out before anything is counted.
    is('r.visibility', '=', 'public'),
  ]
  if (plan.start) conditions.push(is('r.requested_datetime', '>=', plan.start))
  if (plan.end) conditions.push(is('r.requested_datetime', '<=', plan.end))
  if (plan.updated_after) conditions.push(is('r.updated_datetime', '>=', plan.updated_after))
  if (plan.updated_before) conditions.push(is('r.updated_datetime', '<=', plan.updated_before))
  // codes nobody knows match nothing; the filter is never dropped.
  if (plan.service_codes.length) conditions.push(is('r.service_code', '=', oneOf(plan.service_codes)))
  if (plan.statuses.length) conditions.push(is('r.status', '=', oneOf(plan.statuses)))
  if (plan.agencies.length) conditions.push(is('r.agency_responsible', '=', oneOf(plan.agencies)))
  if (plan.channels.length) conditions.push(is('r.channel', '=', oneOf(plan.channels)))
  if (plan.has_media !== null)
    conditions.push(sql<boolean>`(cardinality(r.media_urls) > 0) = ${plan.has_media}`)
  return [...conditions, ...placesOf(plan)]
}

/** What has to hold of the place of a row `r`. */
function placesOf({ jurisdiction_id, boxes, near, polygon, area }: Conditions): RawBuilder<boolean>[] {
  const places: RawBuilder<boolean>[] = []
  if (boxes) places.push(isInBoxes('r.geom', boxes))
  if (near) {
    places.push(isAboutBoxes('r.geom', boxesAround(near)))
    places.push(sql<boolean>`${distanceTo('r.geom', near)} <= ${near.radius}`)
  }
  if (polygon) places.push(isInPolygon('r.geom', polygon))
  if (area) {
    const { area_type, area_id } = area
    places.push(sql<boolean>`st_intersects(r.geom, (
      select a.geom from area as a
       where a.jurisdiction_id = ${jurisdiction_id} and a.area_type = ${area_type} and a.area_id = ${area_id}))`)
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

/** SQL for the areas that a service request is in, as a list of objects. */
function areasOf(jurisdiction_id: string): RawBuilder<Row[] | null> {
  return sql<Row[] | null>`(
    select jsonb_agg(jsonb_build_object('area_type', a.area_type, 'area_id', a.area_id, 'name', a.name)
                     order by a.area_type, a.area_id)
      from area as a
     where a.jurisdiction_id = ${jurisdiction_id} and st_intersects(a.geom, r.geom))`
}

/**
 * Public service requests, newest first unless asked otherwise, ties by arrival (GR-LIST-07, 08, A-14); bounds belong
 * . Of more than fit, the first.
 */
export async function listServiceRequests(store: Store, plan: ListPlan): Promise<ListedRow[]> {
  const { near, jurisdiction_id, skip, rows } = plan
  const { by, direction } = plan.order
  const conditions = conditionsOf(plan)
  if (plan.after && by !== 'distance') conditions.push(isAfter(plan, plan.after, by))
  const isNewestFirst = by === 'requested_datetime' && direction === 'desc'
  // Within a place the GiST index narrows and orders at once. It orders by time alone, so that the rows of the last
  // second all have to come before ties are broken.
  const first = store
    .selectFrom('service_request as r')
    .where(({ and }) => and(conditions))
    .orderBy(sql`r.requested_datetime <-> ${FAR}`)
    .fetch(skip + rows, 'with ties')
    .select('r.id')
  const isChosenFirst = isNewestFirst && skip <= SHALLOW && placesOf(plan).length > 0
  return publicFields(store, plan)
    .where(({ and }) =>
      isChosenFirst
        ? sql<boolean>`r.id in (with chosen as materialized (${first}) select chosen.id from chosen)`
        : and(conditions),
    )
    .$if(near !== null, (select) => select.select(distanceTo('r.geom', near!).as('distance')))
    .$if(plan.isExtended, (select) => select.select(['r.media_urls', areasOf(jurisdiction_id).as('areas')]))
    .orderBy(by === 'distance' ? sql`distance` : sql.ref(`r.${by}`), direction)
    .orderBy('r.id', direction)
    .limit(rows)
    .offset(skip)
    .execute() as Promise<ListedRow[]>
}

/** How many service requests hold the conditions, counted one by one. */
export async function countServiceRequests(store: Store, plan: Conditions): Promise<number> {
  const { count } = await matching(store, plan)
    .select((select) => select.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}

function matching(store: Store, plan: Conditions) {
  return store.selectFrom('service_request as r').where(({ and }) => and(conditionsOf(plan)))
}
