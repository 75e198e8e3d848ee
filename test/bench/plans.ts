import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { getServiceRequests } from '../../src/operations/get-service-requests.js'
import type { GeoReportRequest } from '../../src/operations/operation.js'
import { loadCatalog } from '../../src/store/catalog/load-catalog.js'
import { createStore, type Database } from '../../src/store/database/database.js'
import { openPostgres } from '../../src/store/database/postgres.js'
import { resetRowCache } from '../../src/store/list/row-cache.js'
import { withStore } from '../media/no-media.js'
import type { Case } from './cases.js'
import type { CityDatabase } from './city-database.js'
import { JURISDICTION } from './options.js'

/** Expected query plans of all lists in a large city. */
const GOLDEN_FILE = fileURLToPath(new URL('plans.txt', import.meta.url))

/** A node of EXPLAIN (FORMAT JSON). */
interface PlanNode {
  'Node Type': string
  'Index Name'?: string
  'Relation Name'?: string
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  Plans?: PlanNode[]
}

/**
 * Compares the query plans of all lists with plans.txt and returns the differences. Writes the file if it
 * is missing.
 */
export async function comparePlans(city: CityDatabase, cases: readonly Case[]): Promise<string[]> {
  const database = openPostgres({
    url: city.url,
    maxConnections: 1,
    statementTimeoutMs: 60_000,
    onError: () => {},
  })
  try {
    const lists = cases.filter(
      ({ kind, queries, formats }) =>
        kind === 'list' && formats.includes('json') && !queries[0]!.startsWith('service_request_id'),
    )
    const actual: string[] = []
    for (const each of lists) actual.push(`${each.name}: ${await describePlan(database, each)}`)
    if (!existsSync(GOLDEN_FILE)) await writeFile(GOLDEN_FILE, `${actual.join('\n')}\n`)
    const expected = (await readFile(GOLDEN_FILE, 'utf8')).trim().split('\n')
    return [
      ...actual.filter((line) => !expected.includes(line)).map((line) => `actual:   ${line}`),
      ...expected.filter((line) => !actual.includes(line)).map((line) => `expected: ${line}`),
    ].sort((a, b) => (a.slice(10) < b.slice(10) ? -1 : 1))
  } finally {
    await database.close()
  }
}

/** Describes a plan: indexes, sorted rows and filtered rows, as orders of magnitude. */
async function describePlan(database: Database, { queries }: Case): Promise<string> {
  const { text, parameters, isServerPrepared } = await captureStatement(database, queries[0]!)
  const session = await database.open()
  try {
    // A server-prepared statement uses a generic plan in production: explains that one.
    const literals = parameters.map((each) => (each === null ? 'null' : pg.escapeLiteral(String(each))))
    if (isServerPrepared)
      await session.script(`set plan_cache_mode = force_generic_plan; prepare bench_statement as ${text}`)
    const explain = () =>
      isServerPrepared
        ? session.query(
            `explain (analyze, format json) execute bench_statement${literals.length ? `(${literals})` : ''}`,
          )
        : session.query(`explain (analyze, format json) ${text}`, parameters)
    // The first run reads pages and plans functions.
    await explain()
    const { rows } = await explain()
    if (isServerPrepared) await session.script('deallocate bench_statement; reset plan_cache_mode')
    const [{ Plan }] = (rows[0] as { 'QUERY PLAN': [{ Plan: PlanNode }] })['QUERY PLAN']
    const nodes = flattenPlan(Plan)
    // The join with the few services may vary and is left out.
    const indexNames = nodes.flatMap((node) => node['Index Name'] ?? [])
    const indexes = new Set(indexNames.filter((name) => name.startsWith('service_request')))
    const scans = nodes.filter(
      (node) => node['Node Type'] === 'Seq Scan' && node['Relation Name'] === 'service_request',
    )
    const sorted = nodes.filter((node) => node['Node Type'] === 'Sort').map((node) => node['Actual Rows'])
    const removed = nodes.map((node) => (node['Rows Removed by Filter'] ?? 0) * node['Actual Loops'])
    return [
      [...indexes, ...scans.map(() => 'sequential scan of service_request')].join(' '),
      sorted.length === 0 ? 'no sort' : `sorts ${formatMagnitude(Math.max(...sorted))} rows`,
      `filters out ${formatMagnitude(Math.max(...removed))} rows`,
    ].join('; ')
  } finally {
    session.release()
  }
}

/** Runs a list and returns the statement that selects its rows. */
async function captureStatement(database: Database, query: string) {
  const jurisdiction = (await loadCatalog(database.store)).jurisdictions.get(JURISDICTION)!
  const args = new Map([...new URLSearchParams(query)].map(([name, value]) => [name, [value]]))
  const now = `${new Date().toISOString().slice(0, 19)}Z`
  const limits = { listDays: 3700, listRows: 1000, tokenDays: 90, waitSeconds: 60 }
  const request: GeoReportRequest = {
    args,
    uploads: [],
    id: '',
    listFormat: null,
    jurisdiction,
    endpoint: 'production',
    key: null,
    idempotencyKey: null,
    acceptLanguage: null,
    stream: null,
    now,
    limits,
  }
  const statements: { text: string; parameters: readonly unknown[]; isServerPrepared: boolean }[] = []
  const recordingStore = createStore(async () => {
    const session = await database.open()
    return {
      ...session,
      query: (text, parameters = [], options = {}) => {
        statements.push({
          text,
          parameters,
          isServerPrepared: options.name !== undefined && options.isServerPrepared !== false,
        })
        return session.query(text, parameters, options)
      },
    }
  })
  resetRowCache(recordingStore, 10_000)
  await getServiceRequests.query(getServiceRequests.plan(request), withStore(recordingStore))
  // The statements of the sample and of row contents read coordinates; the one that selects rows does
  // not.
  return statements.filter(({ text }) => !text.includes('st_y(')).at(-1)!
}

function flattenPlan(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(flattenPlan)]
}

function formatMagnitude(count: number): string {
  if (count === 0) return 'no'
  return `up to ${(10 ** Math.ceil(Math.log10(Math.max(count, 10)))).toLocaleString('en')}`
}
