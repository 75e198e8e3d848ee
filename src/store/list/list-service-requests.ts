import type { Table } from '../../documents/document.js'
import { subtractSecond } from '../../standard/datetime.js'
import type { Store } from '../database/database.js'
import { PreparedStatement, runCoalesced } from '../database/prepared-statement.js'
import { listColumns } from '../service-requests/public-service-requests.js'
import { chooseAccessPath, hasGenericPlan } from './access-path.js'
import type { ListConditions, ListPlan } from './list-plan.js'
import { buildConditions, buildListStatement, buildVersionStatement } from './list-statement.js'
import { hasRowCache, type RowVersion, readRows } from './row-cache.js'
import { parameterize, templateKey } from './statement-template.js'

/** Statements of lists by their shape; those that are met first are kept, which are those that are asked most. */
const templates = new Map<string, PreparedStatement<ListPlan>>()
const MAX_TEMPLATES = 100

/** A list, and whether there is more of it than was asked for. */
export interface ListResult {
  table: Table
  hasMore: boolean
}

/**
 * Public service requests, newest first unless asked otherwise, ties by arrival (GR-LIST-07, 08, A-14); bounds belong
 * . Of more than fit, the first. With `near` there is a last column `distance`.
 */
export async function listServiceRequests(store: Store, asked: ListPlan): Promise<ListResult> {
  const plan = { ...asked, rows: asked.rows + 1 }
  if (!plan.isExtended && hasRowCache(store)) {
    const names = await findRows<RowVersion>(store, plan, 'names')
    const table = await readRows(store, names.slice(0, asked.rows))
    // Null: a row was changed between the two statements. The list is of one moment.
    if (table) return { table, hasMore: names.length > asked.rows }
  }
  const columns = listColumns(plan.isExtended)
  if (plan.isExtended) columns.push('notes')
  if (plan.circle) columns.push('distance')
  const rows = await findRows(store, plan, 'rows')
  return { table: { columns, rows: rows.slice(0, asked.rows) }, hasMore: rows.length > asked.rows }
}

async function findRows<Row extends readonly unknown[]>(
  store: Store,
  plan: ListPlan,
  of: 'rows' | 'names',
): Promise<Row[]> {
  const { updated_after: since, order, skip, rows } = plan
  const isNewestFirst = order.by === 'requested_datetime' && order.direction === 'desc'
  if (!since || !isNewestFirst || skip > 0 || (plan.end && plan.end < since)) return runList(store, plan, of)
  // What was requested since then has changed since then and comes first; often it is enough.
  const start = plan.start && plan.start > since ? plan.start : since
  const newer = await runList<Row>(store, { ...plan, start }, of)
  if (newer.length >= rows || (plan.start && plan.start >= since)) return newer
  const older = { ...plan, end: subtractSecond(since), rows: rows - newer.length }
  return [...newer, ...(await runList<Row>(store, older, of))]
}

async function runList<Row extends readonly unknown[]>(
  store: Store,
  plan: ListPlan,
  of: 'rows' | 'names',
): Promise<Row[]> {
  const write = of === 'rows' ? buildListStatement : buildVersionStatement
  const way = await chooseAccessPath(store, plan)
  const shape = templateKey(plan, way)
  const name = `${of} ${shape}`
  if (shape === null || (!templates.has(name) && templates.size >= MAX_TEMPLATES)) {
    const query = { ...write(plan, plan.skip + plan.rows, way).compile(), asArrays: true }
    return (await runCoalesced(store, query)) as Row[]
  }
  let statement = templates.get(name)
  if (!statement) {
    const isKept = hasGenericPlan(plan, way)
    statement = new PreparedStatement(write(...parameterize(plan), way), {
      asArrays: true,
      isServerPrepared: isKept,
      isCoalesced: true,
    })
    templates.set(name, statement)
  }
  return statement.run<Row>(store, plan)
}

/** How many service requests hold the conditions, counted one by one; at most `most`, if there is a most. */
export async function countServiceRequests(
  store: Store,
  plan: ListConditions,
  most: number | null,
): Promise<number> {
  const matching = store
    .selectFrom('service_request as r')
    .where(({ and }) => and(buildConditions(plan)))
    .select('r.id')
    .$if(most !== null, (select) => select.limit(most!))
  const { count } = await store
    .selectFrom(matching.as('m'))
    .select((select) => select.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}
