import { mkdir, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { FORMATS, ON_MAPS } from './cases.js'
import type { Figures, Ratio } from './figures.js'
import { type Goal, goalsOf, verdictOf } from './goals.js'
import { CONCURRENCIES, ROOT, type Setting } from './setting.js'
import { table } from './table.js'

const COLUMNS = ['raw static', 'by hand', 'CPU by hand', 'CPU in SQL', 'CPU small city'] as const
const FILE = 'coverage/bench.json'

/** What the figures are of. */
export interface About {
  setting: Setting
  /** Rows of the small city, if there is one. */
  small: number | null
  /** Version of PostgreSQL. */
  postgres: string
}

/** Prints the ratios and the goals as two tables, and writes them, with all rounds, as JSON. */
export async function report(figures: Figures, about: About): Promise<void> {
  const rows = ratiosOf(figures)
  const goals = goalsOf(figures)
  process.stdout.write(`${linesOf(figures, about, rows, goals).join('\n')}\n`)
  const { server: _, ...setting } = about.setting
  const json = { ...machine(about), setting, small: about.small, rows, goals, measured: figures.measured }
  await mkdir(join(ROOT, 'coverage'), { recursive: true })
  await writeFile(join(ROOT, FILE), `${JSON.stringify(json, null, 1)}\n`)
}

function machine({ postgres }: About) {
  return { node: process.version, postgres, processors: cpus().length }
}

function linesOf(figures: Figures, about: About, rows: Ratios[], goals: Goal[]): string[] {
  const { setting, small } = about
  const { node, postgres, processors } = machine(about)
  return [
    `${setting.rows} service requests${small ? `, ${small} in the small city` : ''}; ${setting.rounds} rounds;`,
    `Node ${node}, PostgreSQL ${postgres}, ${processors} processors`,
    '',
    'raw static      calls a second, relative to a ready buffer of the same size on node:http',
    'by hand         calls a second, relative to a server with row objects and JSON.stringify that checks no rule',
    'CPU by hand     CPU time a call, server and database, relative to the same',
    'CPU in SQL      the share of it that is spent in the database',
    'CPU small city  CPU time a call relative to the small city, where both give about as much',
    `Each at concurrency ${CONCURRENCIES.join(' | ')}.`,
    '',
    ...table(
      ['case', ...COLUMNS],
      rows.map(({ name, ...ratios }) => [name, ...COLUMNS.map((column) => both(ratios[column]))]),
    ),
    '',
    ...table(['goal', 'measured', 'goal', 'stretch', '', 'worst case'], goals.map(goalRow)),
    '',
    ...figures.measured.flatMap(({ name, concurrency, faults }) =>
      Object.entries(faults).map(
        ([who, why]) => `not measured: ${name}, ${who}, concurrency ${concurrency}: ${why.slice(0, 200)}`,
      ),
    ),
    // The load generator has its share in every figure over raw static; this tells how large the goals are by it.
    `latest 50 JSON, by hand / raw static: ${both(figures.speed('latest 50', 'baseline json', 'ceiling json'))} (0.044 when the goals were set)`,
    // What no second process can add to.
    ...(
      [
        ['latest 50', 'json'],
        [ON_MAPS.name, 'geojson'],
      ] as const
    ).map(
      ([name, format]) =>
        `${name}: two processes / one ${both(figures.speed(name, 'two processes', `georeport ${format}`))}; one keeps ${both(figures.busy(name, `georeport ${format}`))} of ${processors} processors busy, with its database and who asks`,
    ),
    `one JSON / select 1 through pg and nothing else: ${both(figures.speed('one', 'georeport json', 'select 1 on pg'))}`,
  ]
}

type Ratios = { name: string } & Record<(typeof COLUMNS)[number], Ratio>

function ratiosOf(figures: Figures): Ratios[] {
  return figures.cases.flatMap((name) =>
    FORMATS.filter((format) => figures.has(name, `georeport ${format}`)).map((format) => ({
      name: `${name}, ${format}`,
      'raw static': figures.speed(name, `georeport ${format}`, `ceiling ${format}`),
      'by hand': figures.speed(name, `georeport ${format}`, `baseline ${format}`),
      'CPU by hand': figures.cpu(name, `georeport ${format}`, `baseline ${format}`),
      'CPU in SQL': figures.databaseShare(name, `georeport ${format}`),
      'CPU small city': figures.cpu(name, `georeport ${format}`, `small ${format}`),
    })),
  )
}

function goalRow(each: Goal): string[] {
  const sign = each.bound === 'least' ? '≥' : '≤'
  const worst = [...new Set(each.worst)].join(' | ')
  return [
    each.what,
    both(each.measured),
    `${sign} ${each.goal}`,
    `${sign} ${each.stretch}`,
    verdictOf(each),
    worst,
  ]
}

function both(ratio: Ratio): string {
  return CONCURRENCIES.map((concurrency) => shown(ratio[concurrency] ?? null)).join(' | ')
}

function shown(value: number | null): string {
  if (value === null) return '–'
  if (value === Number.POSITIVE_INFINITY) return 'failed'
  return value >= 10 ? value.toFixed(1) : value >= 0.1 ? value.toFixed(2) : value.toFixed(3)
}
