import type { Table } from '../../documents/document.js'
import { secondBefore } from '../../standard/datetime.js'
import type { Store } from '../database/database.js'
import { askTogether, PreparedStatement } from '../database/prepared-statement.js'
import { columnsOf } from '../service-requests/public-service-requests.js'
import { isPlannedOnce, wayOf } from './access-path.js'
import type { Conditions, ListPlan } from './list-plan.js'
import { conditionsOf, namesOf, statementOf } from './list-statement.js'
import { isKeeping, type RowName, rowsNamed } from './row-cache.js'
import { shapeOf, slotted } from './statement-template.js'

/** Statements of lists by their shape; those that are met first are kept, which are those that are asked most. */
const kept = new Map<string, PreparedStatement<ListPlan>>()
const MOST_KEPT = 100

/** A list, and whether there is more of it than was asked for. */
export interface Listed {
  table: Table
  goesOn: boolean
}

/**
 * Public service requests, newest first unless asked otherwise, ties by arrival (GR-LIST-07, 08, A-14); bounds belong
 * . Of more than fit, the first. With `near` there is a last column `distance`.
 */
export async function listServiceRequests(store: Store, asked: ListPlan): Promise<Listed> {
  const plan = { ...asked, rows: asked.rows + 1 }
  if (!plan.isExtended && isKeeping(store)) {
    const names = await find<RowName>(store, plan, 'names')
    const table = await rowsNamed(store, names.slice(0, asked.rows))
    // Null: a row was changed between the two statements. The list is of one moment.
    if (table) return { table, goesOn: names.length > asked.rows }
  }
  const columns = columnsOf(plan.isExtended)
  if (plan.isExtended) columns.push('notes')
  if (plan.near) columns.push('distance')
  const rows = await find(store, plan, 'rows')
  return { table: { columns, rows: rows.slice(0, asked.rows) }, goesOn: rows.length > asked.rows }
}

async function find<Row extends readonly unknown[]>(
  store: Store,
  plan: ListPlan,
  of: 'rows' | 'names',
): Promise<Row[]> {
  const { updated_after: since, order, skip, rows } = plan
  const isNewestFirst = order.by === 'requested_datetime' && order.direction === 'desc'
  if (!since || !isNewestFirst || skip > 0 || (plan.end && plan.end < since)) return run(store, plan, of)
  // What was requested since then has changed since then and comes first; often it is enough.
  const start = plan.start && plan.start > since ? plan.start : since
  const newer = await run<Row>(store, { ...plan, start }, of)
  if (newer.length >= rows || (plan.start && plan.start >= since)) return newer
  const older = { ...plan, end: secondBefore(since), rows: rows - newer.length }
  return [...newer, ...(await run<Row>(store, older, of))]
}

async function run<Row extends readonly unknown[]>(
  store: Store,
  plan: ListPlan,
  of: 'rows' | 'names',
): Promise<Row[]> {
  const write = of === 'rows' ? statementOf : namesOf
  const way = await wayOf(store, plan)
  const shape = shapeOf(plan, way)
  const name = `${of} ${shape}`
  if (shape === null || (!kept.has(name) && kept.size >= MOST_KEPT)) {
    const query = { ...write(plan, plan.skip + plan.rows, way).compile(), asArrays: true }
    return (await askTogether(store, query)) as Row[]
  }
  let statement = kept.get(name)
  if (!statement) {
    const isKept = isPlannedOnce(plan, way)
    statement = new PreparedStatement(write(...slotted(plan), way), {
      asArrays: true,
      isKept,
      isShared: true,
    })
    kept.set(name, statement)
  }
  return statement.run<Row>(store, plan)
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
