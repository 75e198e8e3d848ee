import { mkdir, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { FORMATS, GEOJSON_CASE } from './cases.js'
import { computeGoals, type Goal, rateGoal } from './goals.js'
import { type BenchOptions, CONCURRENCIES, ROOT } from './options.js'
import type { Ratio, Results } from './results.js'
import { formatTable } from './table.js'

const COLUMNS = ['raw buffer', 'hand-written', 'CPU hand-written', 'CPU in SQL', 'CPU small city'] as const
const FILE = 'coverage/bench.json'

/** Conditions of a run. */
export interface ReportContext {
  options: BenchOptions
  /** Null: no small city. */
  smallCityRows: number | null
  postgresVersion: string
}

/** Prints ratios and goals as two tables. Writes them with all rounds to coverage/bench.json. */
export async function writeReport(results: Results, context: ReportContext): Promise<void> {
  const rows = computeRatios(results)
  const goals = computeGoals(results)
  process.stdout.write(`${formatReport(results, context, rows, goals).join('\n')}\n`)
  const { serverUrl: _, ...options } = context.options
  const json = {
    ...describeMachine(context),
    options,
    smallCityRows: context.smallCityRows,
    rows,
    goals,
    measurements: results.measurements,
  }
  await mkdir(join(ROOT, 'coverage'), { recursive: true })
  await writeFile(join(ROOT, FILE), `${JSON.stringify(json, null, 1)}\n`)
}

function describeMachine({ postgresVersion }: ReportContext) {
  return { node: process.version, postgres: postgresVersion, processors: cpus().length }
}

function formatReport(results: Results, context: ReportContext, rows: RatioRow[], goals: Goal[]): string[] {
  const { options, smallCityRows } = context
  const { node, postgres, processors } = describeMachine(context)
  const twoProcessCases = [
    ['latest 50', 'json'],
    [GEOJSON_CASE.name, 'geojson'],
  ] as const
  return [
    `${options.rows} service requests${smallCityRows ? `, ${smallCityRows} in the small city` : ''}; ${options.rounds} rounds;`,
    `Node ${node}, PostgreSQL ${postgres}, ${processors} processors`,
    '',
    'raw buffer        throughput (requests per second) relative to node:http with a ready buffer of the same size',
    'hand-written      throughput relative to a hand-written server: row objects, JSON.stringify, no rule checked',
    'CPU hand-written  CPU time per request, server and database, relative to the hand-written server',
    'CPU in SQL        share of the database in the CPU time',
    'CPU small city    CPU time per request relative to the small city, for bodies of about the same size',
    `Each value at ${CONCURRENCIES.join(' | ')} concurrent requests; –: not measured.`,
    '',
    ...formatTable(
      ['case', ...COLUMNS],
      rows.map(({ name, ...ratios }) => [name, ...COLUMNS.map((column) => formatRatio(ratios[column]))]),
    ),
    '',
    ...formatTable(['goal', 'measured', 'goal', 'stretch', 'result', 'worst case'], goals.map(formatGoal)),
    '',
    ...results.measurements.flatMap(({ name, concurrency, errors }) =>
      Object.entries(errors).map(
        ([target, message]) =>
          `not measured: ${name}, ${target}, concurrency ${concurrency}: ${message.slice(0, 200)}`,
      ),
    ),
    // The load generator lowers all ratios to the raw buffer. This ratio shows how much on this machine.
    `latest 50, JSON, hand-written server / raw buffer: ${formatRatio(results.throughputRatio('latest 50', 'baseline json', 'raw buffer json'))} (0.044 when the goals were set)`,
    ...twoProcessCases.map(([name, format]) => {
      const ratio = results.throughputRatio(name, 'two processes', `georeport ${format}`)
      const busy = results.busyProcessors(name, `georeport ${format}`)
      return `${name}: two processes / one ${formatRatio(ratio)}; busy processors with one process: ${formatRatio(busy)} of ${processors} (server, database, load generator)`
    }),
    `one, JSON / select 1 through pg only: ${formatRatio(results.throughputRatio('one', 'georeport json', 'select 1 on pg'))}`,
  ]
}

type RatioRow = { name: string } & Record<(typeof COLUMNS)[number], Ratio>

function computeRatios(results: Results): RatioRow[] {
  return results.cases.flatMap((name) =>
    FORMATS.filter((format) => results.has(name, `georeport ${format}`)).map((format) => ({
      name: `${name}, ${format}`,
      'raw buffer': results.throughputRatio(name, `georeport ${format}`, `raw buffer ${format}`),
      'hand-written': results.throughputRatio(name, `georeport ${format}`, `baseline ${format}`),
      'CPU hand-written': results.cpuRatio(name, `georeport ${format}`, `baseline ${format}`),
      'CPU in SQL': results.databaseShare(name, `georeport ${format}`),
      'CPU small city': results.cpuRatio(name, `georeport ${format}`, `small ${format}`),
    })),
  )
}

function formatGoal(goal: Goal): string[] {
  const sign = goal.bound === 'min' ? '≥' : '≤'
  const worstCases = [...new Set(goal.worstCases)].join(' | ')
  return [
    goal.name,
    formatRatio(goal.measured),
    `${sign} ${goal.goal}`,
    `${sign} ${goal.stretch}`,
    rateGoal(goal),
    worstCases,
  ]
}

function formatRatio(ratio: Ratio): string {
  return CONCURRENCIES.map((concurrency) => formatValue(ratio[concurrency] ?? null)).join(' | ')
}

function formatValue(value: number | null): string {
  if (value === null) return '–'
  if (value === Number.POSITIVE_INFINITY) return 'failed'
  return value >= 10 ? value.toFixed(1) : value >= 0.1 ? value.toFixed(2) : value.toFixed(3)
}
