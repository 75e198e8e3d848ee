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

/** The id and version of a row; a trigger raises the version with every change. */
export type RowVersion = readonly [id: number, version: number]

type ByIds = EndpointScope & { service_request_ids: string[] }

/** Rows by id, and lists of them by the versions of their rows. */
interface RowCache {
  byId: LRUCache<number, readonly unknown[]>
  tables: LRUCache<string, Table>
}

/** A longer row counts as several. */
const CHARACTERS_PER_UNIT = 1000

function computeWeight(row: readonly unknown[]): number {
  let characters = 0
  for (const value of row) if (typeof value === 'string') characters += value.length
  return 1 + Math.floor(characters / CHARACTERS_PER_UNIT)
}

/** Caches of the stores that have one: a server has, a command has not. */
const caches = new WeakMap<Store, RowCache>()

/**
 * Replaces the row cache of a store by an empty one for `maxRows` rows of 1000 characters, and
 * lists of as many rows; 0: no cache.
 */
export function resetRowCache(store: Store, maxRows: number): void {
  caches.delete(store)
  if (maxRows === 0) return
  caches.set(store, {
    byId: new LRUCache({ maxSize: maxRows, sizeCalculation: computeWeight }),
    tables: new LRUCache({
      maxSize: maxRows,
      sizeCalculation: ({ rows }) => rows.reduce((sum, row) => sum + computeWeight(row), 1),
    }),
  })
}

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

/** Concurrent reads of one version each share a statement. */
const findVersion = coalesce(
  async (store: Store, plans: readonly ByIds[]): Promise<(RowVersion | undefined)[]> => {
    const [first] = plans as [ByIds]
    if (plans.length === 1) return [(await oneVersionStatement.run<RowVersion>(store, first))[0]]
    const service_request_ids = [...new Set(plans.map(getId))]
    const all = { ...first, service_request_ids }
    const rows = await eachVersionStatement.run<readonly [...RowVersion, string]>(store, all)
    const versions = new Map(
      rows.map(([id, version, service_request_id]) => [service_request_id, [id, version] as const]),
    )
    return plans.map((plan) => versions.get(getId(plan)))
  },
  ({ jurisdiction_id, endpoint }) => `${endpoint} ${jurisdiction_id}`,
  MAX_BATCH,
)

function getId({ service_request_ids }: ByIds): string {
  return service_request_ids[0]!
}

/**
 * Returns public service requests by id, newest first; unknown ids are missing (GR-LIST-12). Null:
 * one of them changed meanwhile, or the store has no row cache.
 */
export async function findCachedServiceRequests(store: Store, plan: ByIds): Promise<Table | null> {
  if (!hasRowCache(store)) return null
  if (plan.service_request_ids.length !== 1)
    return readRows(store, await severalVersionsStatement.run<RowVersion>(store, plan))
  const version = await findVersion(store, plan)
  return readRows(store, version ? [version] : [])
}

/**
 * Returns the rows of these versions, in their order. Reads only rows that are not cached in that
 * version. Equal versions return the identical table. Null: a row changed meanwhile, or is not
 * public any more.
 */
export async function readRows(store: Store, versions: readonly RowVersion[]): Promise<Table | null> {
  const { byId, tables } = caches.get(store)!
  let key = ''
  for (const [id, version] of versions) key += `${id} ${version},`
  const cached = tables.get(key)
  if (cached) return cached
  const table = await readThroughCache(store, versions, byId)
  if (table) tables.set(key, table)
  return table
}

async function readThroughCache(
  store: Store,
  versions: readonly RowVersion[],
  byId: RowCache['byId'],
): Promise<Table | null> {
  const rowsById = new Map<number, readonly unknown[]>()
  const missing: number[] = []
  for (const [id, version] of versions) {
    const row = byId.get(id)
    if (row?.[VERSION] === version) rowsById.set(id, row)
    else missing.push(id)
  }
  if (missing.length > 0) {
    for (const row of await rowsStatement.run<readonly unknown[]>(store, missing)) {
      rowsById.set(row[0] as number, row)
      byId.set(row[0] as number, row)
    }
  }
  const rows = versions.map(([id]) => rowsById.get(id))
  const isCurrent = rows.every((row, index) => row?.[VERSION] === versions[index]![1])
  return isCurrent ? { columns: COLUMNS, rows: rows as (readonly unknown[])[], isCached: true } : null
}
