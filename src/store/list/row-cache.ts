import { sql } from 'kysely'
import { LRUCache } from 'lru-cache'
import type { Table } from '../../documents/document.js'
import { type Store, unconnected } from '../database/database.js'
import { gathered } from '../database/gathered.js'
import { PreparedStatement, slot } from '../database/prepared-statement.js'
import {
  columnsOf,
  fieldsOf,
  IS_PUBLIC,
  type Place,
  publicFields,
} from '../service-requests/public-service-requests.js'

/** Names a row as it is: every change gives it another version. */
export type RowName = readonly [id: number, version: number]

type ByIds = Place & { service_request_ids: string[] }

/** Rows as they were read, and lists of them by the names of their rows. What was not asked for longest goes first. */
interface KnownRows {
  byId: LRUCache<number, readonly unknown[]>
  tables: LRUCache<string, Table>
}

/** Characters of a usual row: a longer one counts as several. */
const USUAL = 1000

function weightOf(row: readonly unknown[]): number {
  let characters = 0
  for (const value of row) if (typeof value === 'string') characters += value.length
  return 1 + Math.floor(characters / USUAL)
}

/** The rows of each store that keeps any: for a server they are worth it, for a command they are not. */
const keeping = new WeakMap<Store, KnownRows>()

/**
 * From now on, rows that were read from a store are kept, and lists of as many rows; at most so many of usual length; 0:
 * none. Those that were kept are forgotten.
 */
export function keepRows(store: Store, most: number): void {
  keeping.delete(store)
  if (most === 0) return
  keeping.set(store, {
    byId: new LRUCache({ maxSize: most, sizeCalculation: weightOf }),
    tables: new LRUCache({
      maxSize: most,
      sizeCalculation: ({ rows }) => rows.reduce((sum, row) => sum + weightOf(row), 1),
    }),
  })
}

/** Whether rows are kept: then no more than their names is needed. */
export function isKeeping(store: Store): boolean {
  return keeping.has(store)
}

const VERSION = 1
const COLUMNS = ['id', 'version', ...columnsOf(false)]

const byIds = new PreparedStatement<readonly number[]>(
  publicFields(unconnected)
    .clearSelect()
    .select(['r.id', 'r.version'])
    .select(fieldsOf(false))
    .where('r.id', '=', sql<number>`any(${slot((ids: readonly number[]) => ids)})`)
    .where(IS_PUBLIC),
  { asArrays: true, isShared: true },
)

const namesAt = unconnected
  .selectFrom('service_request as r')
  .where(
    'r.jurisdiction_id',
    '=',
    slot((plan: ByIds) => plan.jurisdiction_id),
  )
  .where(
    'r.endpoint',
    '=',
    slot((plan: ByIds) => plan.endpoint),
  )
  .where(IS_PUBLIC)
  .select(['r.id', 'r.version'])

const nameOfOne = new PreparedStatement<ByIds>(namesAt.where('r.service_request_id', '=', slot(idOf)), {
  asArrays: true,
})

const ofSeveral = namesAt.where(
  'r.service_request_id',
  '=',
  sql<string>`any(${slot((plan: ByIds) => plan.service_request_ids)})`,
)

const namesOfSeveral = new PreparedStatement<ByIds>(
  ofSeveral.orderBy('r.requested_datetime', 'desc').orderBy('r.id', 'desc'),
  { asArrays: true },
)

const namesOfEach = new PreparedStatement<ByIds>(ofSeveral.select('r.service_request_id'), { asArrays: true })

const MOST_TOGETHER = 100

/** Those who ask for one each at the same time ask together. */
const nameOf = gathered(
  async (store: Store, plans: readonly ByIds[]): Promise<(RowName | undefined)[]> => {
    const [first] = plans as [ByIds]
    if (plans.length === 1) return [(await nameOfOne.run<RowName>(store, first))[0]]
    const service_request_ids = [...new Set(plans.map(idOf))]
    const all = { ...first, service_request_ids }
    const found = await namesOfEach.run<readonly [...RowName, string]>(store, all)
    const names = new Map(found.map(([id, version, name]) => [name, [id, version] as const]))
    return plans.map((plan) => names.get(idOf(plan)))
  },
  { groupOf: ({ jurisdiction_id, endpoint }) => `${endpoint} ${jurisdiction_id}`, most: MOST_TOGETHER },
)

function idOf({ service_request_ids }: ByIds): string {
  return service_request_ids[0]!
}

/**
 * Public service requests by their ids, newest first; ids nobody knows are missing (GR-LIST-12). Null: one of them has just
 * changed, or no rows are kept.
 */
export async function knownServiceRequests(store: Store, plan: ByIds): Promise<Table | null> {
  if (!isKeeping(store)) return null
  if (plan.service_request_ids.length !== 1)
    return rowsNamed(store, await namesOfSeveral.run<RowName>(store, plan))
  const name = await nameOf(store, plan)
  return rowsNamed(store, name ? [name] : [])
}

/**
 * The rows of these names, in their order: the same names are the same table. Only those that are not known in that version
 * are read. Null if one of them has changed meanwhile, or is not public any more.
 */
export async function rowsNamed(store: Store, names: readonly RowName[]): Promise<Table | null> {
  const { byId, tables } = keeping.get(store)!
  let name = ''
  for (const [id, version] of names) name += `${id} ${version},`
  const known = tables.get(name)
  if (known) return known
  const table = await read(store, names, byId)
  if (table) tables.set(name, table)
  return table
}

async function read(store: Store, names: readonly RowName[], byId: KnownRows['byId']): Promise<Table | null> {
  const found = new Map<number, readonly unknown[]>()
  const unknown: number[] = []
  for (const [id, version] of names) {
    const row = byId.get(id)
    if (row?.[VERSION] === version) found.set(id, row)
    else unknown.push(id)
  }
  if (unknown.length > 0) {
    for (const row of await byIds.run<readonly unknown[]>(store, unknown)) {
      found.set(row[0] as number, row)
      byId.set(row[0] as number, row)
    }
  }
  const rows = names.map(([id]) => found.get(id))
  const isThen = rows.every((row, index) => row?.[VERSION] === names[index]![1])
  return isThen ? { columns: COLUMNS, rows: rows as (readonly unknown[])[], isKept: true } : null
}
