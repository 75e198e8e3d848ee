import type { Table } from '../../documents/document.js'
import { subtractSecond } from '../../standard/datetime.js'
import type { Store } from '../database/database.js'
import { listColumns } from '../service-requests/public-service-requests.js'
import { chooseAccessPath } from './access-path.js'
import { buildConditions } from './list-conditions.js'
import type { ListConditions, ListPlan } from './list-plan.js'
import { hasRowCache, type RowVersion, readRows } from './row-cache.js'
import { runListStatement, type Selection } from './run-list-statement.js'

/** A page of a list; `hasMore`: rows follow it. */
export interface ListResult {
  table: Table
  hasMore: boolean
}

/**
 * Lists public service requests, by default newest first, ties by arrival (GR-LIST-07, 08, A-14),
 * bounds included. If more rows match than fit, returns the first. With a circle,
 * `distance` is the last column.
 */
export async function listServiceRequests(store: Store, plan: ListPlan): Promise<ListResult> {
  // One row more shows whether there is more.
  const page = { ...plan, rows: plan.rows + 1 }
  if (!plan.isExtended && hasRowCache(store)) {
    const versions = await findRows<RowVersion>(store, page, 'versions')
    const table = await readRows(store, versions.slice(0, plan.rows))
    // Null: a row changed between the two statements. Then one statement reads the list, so that it
    // is consistent.
    if (table) return { table, hasMore: versions.length > plan.rows }
  }
  const columns = listColumns(plan.isExtended)
  if (plan.isExtended) columns.push('notes')
  if (plan.circle) columns.push('distance')
  const rows = await findRows(store, page, 'rows')
  return { table: { columns, rows: rows.slice(0, plan.rows) }, hasMore: rows.length > plan.rows }
}

/**
 * Reads a page. With `updated_after`, rows requested since then come first and match by definition
 * they are read first, by time, and often fill the page.
 */
async function findRows<Row extends readonly unknown[]>(
  store: Store,
  plan: ListPlan,
  selection: Selection,
): Promise<Row[]> {
  const { updated_after: since, order, skip, rows } = plan
  const isNewestFirst = order.by === 'requested_datetime' && order.direction === 'desc'
  if (!since || !isNewestFirst || skip > 0 || (plan.end && plan.end < since))
    return runList(store, plan, selection)
  const start = plan.start && plan.start > since ? plan.start : since
  const newer = await runList<Row>(store, { ...plan, start }, selection)
  if (newer.length >= rows || (plan.start && plan.start >= since)) return newer
  const older = { ...plan, end: subtractSecond(since), rows: rows - newer.length }
  return [...newer, ...(await runList<Row>(store, older, selection))]
}

async function runList<Row extends readonly unknown[]>(
  store: Store,
  plan: ListPlan,
  selection: Selection,
): Promise<Row[]> {
  const access = await chooseAccessPath(store, plan)
  return runListStatement<Row>(store, plan, access, selection)
}

/** Counts the service requests that match, up to `limit`; null: all. */
export async function countServiceRequests(
  store: Store,
  plan: ListConditions,
  limit: number | null,
): Promise<number> {
  const matching = store
    .selectFrom('service_request as r')
    .where(({ and }) => and(buildConditions(plan)))
    .select('r.id')
    .$if(limit !== null, (select) => select.limit(limit!))
  const { count } = await store
    .selectFrom(matching.as('m'))
    .select((select) => select.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}
