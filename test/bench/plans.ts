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
import { withStore } from '../media/none.js'
import type { Case } from './cases.js'
import type { City } from './city-database.js'
import { JURISDICTION } from './options.js'

/** What is expected of the plan of every list in a large city: looked at, and kept. */
const GOLDEN = fileURLToPath(new URL('plans.txt', import.meta.url))

/** A node of EXPLAIN (FORMAT JSON). */
interface Node {
  'Node Type': string
  'Index Name'?: string
  'Relation Name'?: string
  'Actual Rows': number
  'Actual Loops': number
  'Rows Removed by Filter'?: number
  Plans?: Node[]
}

/** Compares the plans of all lists with those that are kept; says where they differ, and keeps them if none are. */
export async function comparePlans(city: City, cases: readonly Case[]): Promise<string[]> {
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
    const found: string[] = []
    for (const each of lists) found.push(`${each.name}: ${await planOf(database, each)}`)
    if (!existsSync(GOLDEN)) await writeFile(GOLDEN, `${found.join('\n')}\n`)
    const kept = (await readFile(GOLDEN, 'utf8')).trim().split('\n')
    return [
      ...found.filter((line) => !kept.includes(line)).map((line) => `now:  ${line}`),
      ...kept.filter((line) => !found.includes(line)).map((line) => `kept: ${line}`),
    ].sort((a, b) => (a.slice(6) < b.slice(6) ? -1 : 1))
  } finally {
    await database.close()
  }
}

/** Which index, whether rows are sorted, and how many are read in vain, by orders of magnitude. */
async function planOf(database: Database, { queries }: Case): Promise<string> {
  const { text, parameters, isKept } = await statementOf(database, queries[0]!)
  const session = await database.open()
  try {
    // What is planned once for all values is looked at as that, and not as planned for these.
    const given = parameters.map((each) => (each === null ? 'null' : pg.escapeLiteral(String(each))))
    if (isKept) await session.script(`set plan_cache_mode = force_generic_plan; prepare looked_at as ${text}`)
    const explain = () =>
      isKept
        ? session.query(`explain (analyze, format json) execute looked_at${given.length ? `(${given})` : ''}`)
        : session.query(`explain (analyze, format json) ${text}`, parameters)
    // The first time pages are read and functions are planned.
    await explain()
    const { rows } = await explain()
    if (isKept) await session.script('deallocate looked_at; reset plan_cache_mode')
    const [{ Plan }] = (rows[0] as { 'QUERY PLAN': [{ Plan: Node }] })['QUERY PLAN']
    const nodes = flat(Plan)
    // The few services are joined in one way or another.
    const named = nodes.flatMap((node) => node['Index Name'] ?? [])
    const indexes = new Set(named.filter((name) => name.startsWith('service_request')))
    const scans = nodes.filter(
      (node) => node['Node Type'] === 'Seq Scan' && node['Relation Name'] === 'service_request',
    )
    const sorted = nodes.filter((node) => node['Node Type'] === 'Sort').map((node) => node['Actual Rows'])
    const removed = nodes.map((node) => (node['Rows Removed by Filter'] ?? 0) * node['Actual Loops'])
    return [
      [...indexes, ...scans.map(() => 'all of service_request')].join(' '),
      sorted.length === 0 ? 'no sort' : `sorts ${magnitude(Math.max(...sorted))} rows`,
      `filters ${magnitude(Math.max(...removed))} rows away`,
    ].join('; ')
  } finally {
    session.release()
  }
}

/** The statement by which a list finds its rows. */
async function statementOf(database: Database, query: string) {
  const jurisdiction = (await loadCatalog(database.store)).jurisdictions.get(JURISDICTION)!
  const said = new Map([...new URLSearchParams(query)].map(([name, value]) => [name, [value]]))
  const now = `${new Date().toISOString().slice(0, 19)}Z`
  const limits = { listDays: 3700, listRows: 1000, tokenDays: 90, waitSeconds: 60 }
  const call: GeoReportRequest = {
    args: said,
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
  const sent: { text: string; parameters: readonly unknown[]; isKept: boolean }[] = []
  const listening = createStore(async () => {
    const session = await database.open()
    return {
      ...session,
      query: (text, parameters = [], running = {}) => {
        sent.push({
          text,
          parameters,
          isKept: running.name !== undefined && running.isServerPrepared !== false,
        })
        return session.query(text, parameters, running)
      },
    }
  })
  resetRowCache(listening, 10_000)
  await getServiceRequests.query(getServiceRequests.plan(call), withStore(listening))
  // Neither where the newest are nor what the rows tell, which both know coordinates: only which rows there are.
  return sent.filter(({ text }) => !text.includes('st_y(')).at(-1)!
}

function flat(node: Node): Node[] {
  return [node, ...(node.Plans ?? []).flatMap(flat)]
}

function magnitude(count: number): string {
  if (count === 0) return 'no'
  return `up to ${(10 ** Math.ceil(Math.log10(Math.max(count, 10)))).toLocaleString('en')}`
}
