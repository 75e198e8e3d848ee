import { type Compilable, type Expression, type RawBuilder, type SqlBool, sql } from 'kysely'
import type { QueryCircle } from '../../standard/geography.js'
import { queryBuilder } from '../database/database.js'
import { distanceInMetres, FAR_FUTURE, makePoint, withinReach } from '../database/geometry.js'
import { selectNotes } from '../service-requests/notes.js'
import { listColumns, selectPublicFields } from '../service-requests/public-service-requests.js'
import type { AccessPath } from './access-path.js'
import { buildConditions } from './list-conditions.js'
import type { ListPlan } from './list-plan.js'

/**
 * SQL that is true for rows after the cursor. If the cursor's row is gone, rows of its second are
 * repeated rather than skipped.
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
  // Redundant bound on the column alone, for indexes without the id.
  return sql<boolean>`${column} ${bound} ${after.at}::timestamptz and (${column}, r.id) ${than} (${after.at}::timestamptz, ${id})`
}

function buildAllConditions(plan: ListPlan, accessPath: AccessPath): Expression<SqlBool>[] {
  const conditions = buildConditions(plan, accessPath)
  const { by } = plan.order
  return plan.after && by !== 'distance' ? [...conditions, followsCursor(plan, plan.after, by)] : conditions
}

/** SQL for a number of rows: a literal, or a parameter of a statement template. */
const rowCount = (value: number): RawBuilder<number> =>
  typeof value === 'number' ? sql.lit(value) : sql<number>`${value}::bigint`

/** The statement of a page. `endRow` is `skip + rows`. */
export function buildListStatement(plan: ListPlan, endRow: number, accessPath: AccessPath) {
  const { circle, skip, rows } = plan
  const { by, direction } = plan.order
  const conditions = buildAllConditions(plan, accessPath)
  const chosen = buildIdSubquery(plan, conditions, endRow, accessPath)
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

/** The statement of a page that reads only ids and versions, for the row cache. */
export function buildVersionStatement(plan: ListPlan, endRow: number, accessPath: AccessPath): Compilable {
  const { skip, rows } = plan
  const { by, direction } = plan.order
  const conditions = buildAllConditions(plan, accessPath)
  const chosen = buildIdSubquery(plan, conditions, endRow, accessPath)?.select('r.version')
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

/**
 * Adds notes after the page is chosen, so that they are read for its rows only. The order needs no
 * second sort.
 */
function withNotes(page: ReturnType<typeof selectPublicFields>, { circle, order }: ListPlan) {
  return queryBuilder
    .selectFrom(page.as('p'))
    .select(listColumns(true).map((name) => sql.ref(`p.${name}`).as(name)))
    .select(selectNotes('p.id').as('notes'))
    .$if(circle !== null, (select) => select.select(sql.ref('p.distance').as('distance')))
    .orderBy(sql.ref(`p.${order.by}`), order.direction)
    .orderBy(sql.ref('p.id'), order.direction)
}

/** Chooses the ids of the page before other columns are read; null: not needed. */
function buildIdSubquery(
  plan: ListPlan,
  conditions: Expression<SqlBool>[],
  endRow: number,
  accessPath: AccessPath,
) {
  const { circle, skip, rows, order } = plan
  const ids = queryBuilder.selectFrom('service_request as r').select('r.id')
  if (circle && order.by === 'distance') {
    return ids
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
  if (accessPath !== 'spatial') return null
  // The GiST index orders by time alone: rows with the last datetime are needed to order ties by id.
  return ids
    .where(({ and }) => and(conditions))
    .orderBy(sql`r.requested_datetime <-> ${FAR_FUTURE}`)
    .modifyEnd(sql`fetch first (${rowCount(endRow)}) rows with ties`)
}

/**
 * An upper bound, in metres, for the distance of the nearest `count` rows. The index orders by
 * degrees: the nearest in metres are no farther than the farthest of as many nearest in degrees.
 */
function buildReach(circle: QueryCircle, conditions: Expression<SqlBool>[], count: number) {
  const candidates = queryBuilder
    .selectFrom('service_request as r')
    .where(({ and }) => and(conditions))
    .orderBy(sql`r.geom <-> ${makePoint(circle.lat, circle.long)}`)
    .limit(count)
    .select(distanceInMetres('r.geom', circle).as('distance'))
  return queryBuilder.selectFrom(candidates.as('n')).select(sql<number>`max(n.distance)`.as('metres'))
}
