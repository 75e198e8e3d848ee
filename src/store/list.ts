import { type Expression, expressionBuilder, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { Table } from '../documents/document.js'
import type { Datetime } from '../standard/datetime.js'
import { type Box, boxesAround, type Circle } from '../standard/geography.js'
import type { Status } from '../standard/terms.js'
import { type Store, unconnected } from './database.js'
import { distanceTo, isAboutBoxes, isInBoxes, isInPolygon } from './geometry.js'
import { PreparedStatement, slot } from './prepared.js'
import { columnsOf, type Place, publicFields } from './service-requests.js'
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
  /** An area of the catalog. */
  area: { id: number; box: Box } | null
  /** Words as people search for them, letters and digits only. */
  words: string[]
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
    is('r.service_request_id', 'is not', null), // A-24
    // GR-LIST-13: what is not public is left out before anything is counted.
    is('r.visibility', '=', 'public'),
  ]
  if (plan.start) conditions.push(is('r.requested_datetime', '>=', plan.start))
  if (plan.end) conditions.push(is('r.requested_datetime', '<=', plan.end))
  if (plan.updated_after) conditions.push(is('r.updated_datetime', '>=', plan.updated_after))
  if (plan.updated_before) conditions.push(is('r.updated_datetime', '<=', plan.updated_before))
  // A-08: codes nobody knows match nothing; the filter is never dropped.
  if (plan.service_codes.length) conditions.push(is('r.service_code', '=', oneOf(plan.service_codes)))
  if (plan.statuses.length) conditions.push(is('r.status', '=', oneOf(plan.statuses)))
  if (plan.agencies.length) conditions.push(is('r.agency_responsible', '=', oneOf(plan.agencies)))
  if (plan.channels.length) conditions.push(is('r.channel', '=', oneOf(plan.channels)))
  if (plan.has_media !== null)
    conditions.push(sql<boolean>`(cardinality(r.media_urls) > 0) = ${plan.has_media}`)
  return [...conditions, ...placesOf(plan), ...plan.words.map((word) => hasWord(plan.jurisdiction_id, word))]
}

/** SQL that is true where a word of a row, or of the name of its service, begins like `word`. */
function hasWord(jurisdiction_id: string, word: string): RawBuilder<boolean> {
  const wanted = sql`to_tsquery('words', ${`'${word}':*`})`
  return sql<boolean>`(
    to_tsvector('words', coalesce(r.description, '') || ' ' || coalesce(r.address, '')) @@ ${wanted}
    or r.service_code = any(array(
      select n.service_code from service as n
       where n.jurisdiction_id = ${jurisdiction_id} and to_tsvector('words', n.service_name) @@ ${wanted})))`
}

/** What has to hold of the place of a row `r`. */
function placesOf({ boxes, near, polygon, area }: Conditions): RawBuilder<boolean>[] {
  const places: RawBuilder<boolean>[] = []
  if (boxes) places.push(isInBoxes('r.geom', boxes))
  if (near) {
    places.push(isAboutBoxes('r.geom', boxesAround(near)))
    places.push(sql<boolean>`${distanceTo('r.geom', near)} <= ${near.radius}`)
  }
  if (polygon) places.push(isInPolygon('r.geom', polygon))
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

/** The statement of a list. */
function statementOf(plan: ListPlan) {
  const { near, skip, rows } = plan
  const { by, direction } = plan.order
  const conditions = conditionsOf(plan)
  if (plan.after && by !== 'distance') conditions.push(isAfter(plan, plan.after, by))
  const isNewestFirst = by === 'requested_datetime' && direction === 'desc'
  // Within a place the GiST index narrows and orders at once. It orders by time alone, so that the rows of the last
  // second all have to come before ties are broken.
  const first = unconnected
    .selectFrom('service_request as r')
    .where(({ and }) => and(conditions))
    .orderBy(sql`r.requested_datetime <-> ${FAR}`)
    .fetch(skip + rows, 'with ties')
    .select('r.id')
  const isChosenFirst = isNewestFirst && skip <= SHALLOW && placesOf(plan).length > 0
  return publicFields(unconnected, plan, plan.isExtended)
    .where(({ and }) =>
      isChosenFirst
        ? sql<boolean>`r.id in (with chosen as materialized (${first}) select chosen.id from chosen)`
        : and(conditions),
    )
    .$if(near !== null, (select) => select.select(distanceTo('r.geom', near!).as('distance')))
    .orderBy(by === 'distance' ? sql`distance` : sql.ref(`r.${by}`), direction)
    .orderBy('r.id', direction)
    .limit(sql.lit(rows))
    .offset(sql.lit(skip))
}

/** Statements of lists by their shape; those that are met first are kept, which are those that are asked most. */
const kept = new Map<string, PreparedStatement<ListPlan>>()
const MOST_KEPT = 100

/** Names all that the text of the statement of `plan` depends on; null: it is best written and planned for itself. */
function shapeOf(plan: ListPlan): string | null {
  const { near, boxes, polygon, area, words, skip, order, rows, isExtended, after } = plan
  const lists = [plan.service_codes, plan.statuses, plan.agencies, plan.channels]
  const isOfItsOwn = near ?? boxes ?? polygon ?? area ?? (words.length > 0 || skip > 0 || null)
  if (isOfItsOwn !== null || lists.some((list) => list.length > 1)) return null
  const given = [plan.start, plan.end, plan.updated_after, plan.updated_before, plan.has_media, after]
  return JSON.stringify([
    order,
    rows,
    isExtended,
    lists.map((list) => list.length),
    given.map((each) => each !== null),
  ])
}

/** `plan` with slots for its values: what is written for it fits every plan of its shape. */
function slotted(plan: ListPlan): ListPlan {
  const oneOf = <Name extends 'service_codes' | 'statuses' | 'agencies' | 'channels'>(name: Name) =>
    plan[name].map((_, index) => slot((values: ListPlan) => values[name][index]!)) as ListPlan[Name]
  const unlessNull = <Value>(value: Value | null, read: (values: ListPlan) => Value | null) =>
    value === null ? null : (slot(read) as Value)
  return {
    ...plan,
    jurisdiction_id: slot((values: ListPlan) => values.jurisdiction_id),
    endpoint: slot((values: ListPlan) => values.endpoint),
    start: unlessNull(plan.start, (values) => values.start),
    end: unlessNull(plan.end, (values) => values.end),
    updated_after: unlessNull(plan.updated_after, (values) => values.updated_after),
    updated_before: unlessNull(plan.updated_before, (values) => values.updated_before),
    has_media: unlessNull(plan.has_media, (values) => values.has_media),
    service_codes: oneOf('service_codes'),
    statuses: oneOf('statuses'),
    agencies: oneOf('agencies'),
    channels: oneOf('channels'),
    after: plan.after && {
      at: slot((values: ListPlan) => values.after!.at),
      service_request_id: slot((values: ListPlan) => values.after!.service_request_id),
    },
  }
}

/**
 * Public service requests, newest first unless asked otherwise, ties by arrival (GR-LIST-07, 08, A-14); bounds belong
 * (A-17). Of more than fit, the first (A-56). With `near` there is a last column `distance`.
 */
export async function listServiceRequests(store: Store, plan: ListPlan): Promise<Table> {
  const shape = shapeOf(plan)
  let statement = shape === null ? undefined : kept.get(shape)
  if (!statement && shape !== null && kept.size < MOST_KEPT) {
    statement = new PreparedStatement(statementOf(slotted(plan)), { asArrays: true })
    kept.set(shape, statement)
  }
  statement ??= new PreparedStatement(statementOf(plan), { asArrays: true, isNamed: false })
  const columns = columnsOf(plan.isExtended)
  if (plan.near) columns.push('distance')
  return { columns, rows: await statement.run<unknown[]>(store, plan) }
}

/** How many service requests hold the conditions, counted one by one; at most `most`, if there is a most. */
export async function countServiceRequests(
  store: Store,
  plan: Conditions,
  most: number | null,
): Promise<number> {
  const matching = store
    .selectFrom('service_request as r')
    .where(({ and }) => and(conditionsOf(plan)))
    .select('r.id')
    .$if(most !== null, (select) => select.limit(most!))
  const { count } = await store
    .selectFrom(matching.as('m'))
    .select((select) => select.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}
