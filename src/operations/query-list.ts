import { type Row, toRows } from '../documents/document.js'
import { presentExtendedAttributes } from '../documents/present-extended-attributes.js'
import type { ExtendedServiceRequest } from '../documents/rows.js'
import type { Store } from '../store/database/database.js'
import { countServiceRequests, listServiceRequests } from '../store/list/list-service-requests.js'
import { findCachedServiceRequests } from '../store/list/row-cache.js'
import { findServiceRequests } from '../store/service-requests/public-service-requests.js'
import { buildNextLink } from './next-link.js'
import type { OperationDependencies, OperationResult } from './operation.js'
import type { PlannedIds, PlannedList } from './plan-list.js'

/** Limit on the rows that count=estimated counts. */
const MAX_ESTIMATED_COUNT = 10_000

/** Reads a page of a list, with the headers Link and X-Result-Count; or service requests by their ids. */
export async function queryList(
  plan: PlannedList | PlannedIds,
  { store }: Pick<OperationDependencies, 'store'>,
): Promise<OperationResult> {
  const present = (row: Row) => presentExtendedAttributes(row as ExtendedServiceRequest, plan.jurisdiction)
  if ('service_request_ids' in plan) {
    const cached = plan.isExtended ? null : await findCachedServiceRequests(store, plan)
    if (cached) return { value: cached }
    const rows = await findServiceRequests(store, plan)
    return { value: plan.isExtended ? rows.map(present) : rows }
  }
  const { table, hasMore } = await listServiceRequests(store, plan)
  const link = hasMore ? { link: buildNextLink(table, plan) } : {}
  return {
    value: plan.isExtended ? toRows(table).map(present) : table,
    headers: { ...link, ...(await countHeader(plan, store)) },
  }
}

/** EXT-14: the number of public rows that match. An estimate bounds the work: `10000+` if there are more. */
async function countHeader(plan: PlannedList, store: Store): Promise<Record<string, string>> {
  if (plan.count === null) return {}
  const limit = plan.count === 'exact' ? null : MAX_ESTIMATED_COUNT + 1
  const count = await countServiceRequests(store, plan, limit)
  return { 'x-result-count': count === limit ? `${MAX_ESTIMATED_COUNT}+` : String(count) }
}
