import { sql } from 'kysely'
import { LRUCache } from 'lru-cache'
import type { Table } from '../../documents/document.js'
import { coalesce } from '../database/coalesce.js'
import { queryBuilder, type Store } from '../database/database.js'
import { PreparedStatement, param } from '../database/prepared-statement.js'
import {
  type EndpointScope,
  IS_PUBLIC,
  listColumns,
  publicSelections,
  selectPublicFields,
} from '../service-requests/public-service-requests.js'

/** Names a row as it is: every change gives it another version. */
export type RowVersion = readonly [id: number, version: number]

type ByIds = EndpointScope & { service_request_ids: string[] }

/** Rows as they were read, and lists of them by the names of their rows. What was not asked for longest goes first. */
interface RowCache {
  byId: LRUCache<number, readonly unknown[]>
  tables: LRUCache<string, Table>
}

/** Characters of a usual row: a longer one counts as several. */
const CHARACTERS_PER_UNIT = 1000

function computeWeight(row: readonly unknown[]): number {
  let characters = 0
  for (const value of row) if (typeof value === 'string') characters += value.length
  return 1 + Math.floor(characters / CHARACTERS_PER_UNIT)
}

/** The rows of each store that keeps any: for a server they are worth it, for a command they are not. */
const caches = new WeakMap<Store, RowCache>()

/**
 * From now on, rows that were read from a store are kept, and lists of as many rows; at most so many of usual length; 0:
 * none. Those that were kept are forgotten.
 */
export function resetRowCache(store: Store, most: number): void {
  caches.delete(store)
  if (most === 0) return
  caches.set(store, {
    byId: new LRUCache({ maxSize: most, sizeCalculation: computeWeight }),
    tables: new LRUCache({
      maxSize: most,
      sizeCalculation: ({ rows }) => rows.reduce((sum, row) => sum + computeWeight(row), 1),
    }),
  })
}

/** Whether rows are kept: then no more than their names is needed. */
export function hasRowCache(store: Store): boolean {
  return caches.has(store)
}

const VERSION = 1
const COLUMNS = ['id', 'version', ...listColumns(false)]

const rowsStatement = new PreparedStatement<readonly number[]>(
  selectPublicFields(queryBuilder)
    .clearSelect()
    .select(['r.id', 'r.version'])
    .select(publicSelections(false))
    .where('r.id', '=', sql<number>`any(${param((ids: readonly number[]) => ids)})`)
    .where(IS_PUBLIC),
  { asArrays: true, isCoalesced: true },
)

const selectVersions = queryBuilder
  .selectFrom('service_request as r')
  .where(
    'r.jurisdiction_id',
    '=',
    param((plan: ByIds) => plan.jurisdiction_id),
  )
  .where(
    'r.endpoint',
    '=',
    param((plan: ByIds) => plan.endpoint),
  )
  .where(IS_PUBLIC)
  .select(['r.id', 'r.version'])

const oneVersionStatement = new PreparedStatement<ByIds>(
  selectVersions.where('r.service_request_id', '=', param(getId)),
  {
    asArrays: true,
  },
)

const selectSeveralVersions = selectVersions.where(
  'r.service_request_id',
  '=',
  sql<string>`any(${param((plan: ByIds) => plan.service_request_ids)})`,
)

const severalVersionsStatement = new PreparedStatement<ByIds>(
  selectSeveralVersions.orderBy('r.requested_datetime', 'desc').orderBy('r.id', 'desc'),
  { asArrays: true },
)

const eachVersionStatement = new PreparedStatement<ByIds>(
  selectSeveralVersions.select('r.service_request_id'),
  { asArrays: true },
)

const MAX_BATCH = 100

/** Those who ask for one each at the same time ask together. */
const findVersion = coalesce(
  async (store: Store, plans: readonly ByIds[]): Promise<(RowVersion | undefined)[]> => {
    const [first] = plans as [ByIds]
    if (plans.length === 1) return [(await oneVersionStatement.run<RowVersion>(store, first))[0]]
    const service_request_ids = [...new Set(plans.map(getId))]
    const all = { ...first, service_request_ids }
    const found = await eachVersionStatement.run<readonly [...RowVersion, string]>(store, all)
    const names = new Map(found.map(([id, version, name]) => [name, [id, version] as const]))
    return plans.map((plan) => names.get(getId(plan)))
  },
  ({ jurisdiction_id, endpoint }) => `${endpoint} ${jurisdiction_id}`,
  MAX_BATCH,
)

function getId({ service_request_ids }: ByIds): string {
  return service_request_ids[0]!
}

/**
 * Public service requests by their ids, newest first; ids nobody knows are missing (GR-LIST-12). Null: one of them has just
 * changed, or no rows are kept.
 */
export async function findCachedServiceRequests(store: Store, plan: ByIds): Promise<Table | null> {
  if (!hasRowCache(store)) return null
  if (plan.service_request_ids.length !== 1)
    return readRows(store, await severalVersionsStatement.run<RowVersion>(store, plan))
  const name = await findVersion(store, plan)
  return readRows(store, name ? [name] : [])
}

/**
 * The rows of these names, in their order: the same names are the same table. Only those that are not known in that version
 * are read. Null if one of them has changed meanwhile, or is not public any more.
 */
export async function readRows(store: Store, names: readonly RowVersion[]): Promise<Table | null> {
  const { byId, tables } = caches.get(store)!
  let name = ''
  for (const [id, version] of names) name += `${id} ${version},`
  const known = tables.get(name)
  if (known) return known
  const table = await readThroughCache(store, names, byId)
  if (table) tables.set(name, table)
  return table
}

async function readThroughCache(
  store: Store,
  names: readonly RowVersion[],
  byId: RowCache['byId'],
): Promise<Table | null> {
  const found = new Map<number, readonly unknown[]>()
  const unknown: number[] = []
  for (const [id, version] of names) {
    const row = byId.get(id)
    if (row?.[VERSION] === version) found.set(id, row)
    else unknown.push(id)
  }
  if (unknown.length > 0) {
    for (const row of await rowsStatement.run<readonly unknown[]>(store, unknown)) {
      found.set(row[0] as number, row)
      byId.set(row[0] as number, row)
    }
  }
  const rows = names.map(([id]) => found.get(id))
  const isThen = rows.every((row, index) => row?.[VERSION] === names[index]![1])
  return isThen ? { columns: COLUMNS, rows: rows as (readonly unknown[])[], isCached: true } : null
}
