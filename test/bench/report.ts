import { mkdir, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { join } from 'node:path'
import type { Figures, Ratio } from './figures.js'
import { type Goal, goalsOf } from './goals.js'
import type { Argument } from './probe.js'
import { CONCURRENCIES, ROOT, type Setting } from './setting.js'

const COLUMNS = ['raw static', 'by hand', 'CPU by hand', 'same SQL', 'CPU in SQL'] as const
const FILE = 'coverage/bench.json'

/** Prints the ratios as two tables, and writes them, with all rounds, as JSON. */
export async function report(
  figures: Figures,
  setting: Setting,
  honoured: ReadonlySet<Argument>,
  small: number | null,
): Promise<void> {
  const rows = ratiosOf(figures)
  const goals = goalsOf(figures)
  const about = [
    `${setting.rows} service requests${small ? `; small city: ${small}` : ''}`,
    `${setting.rounds} rounds, medians`,
    `arguments honoured beyond the standard: ${[...honoured].join(', ') || 'none'}`,
  ]
  const lines = [
    about.join('; '),
    '',
    'Calls a second of georeport relative to a ready buffer of the same size on node:http (raw static), to a server written',
    'by hand with row objects and JSON.stringify, and to its own SQL in pgbench; CPU a call (server and database) relative to',
    `the server by hand, and which share of it is the database. Each at concurrency ${CONCURRENCIES.join(' | ')}.`,
    '',
    ...table(
      ['case', ...COLUMNS],
      rows.map(({ name, ...ratios }) => [name, ...COLUMNS.map((column) => both(ratios[column]))]),
    ),
    '',
    ...table(['goal', 'measured', 'goal', 'stretch', ''], goals.map(goalRow)),
    ...figures.measured.flatMap(({ name, concurrency, faults }) =>
      Object.entries(faults).map(
        ([who, why]) => `not measured: ${name}, ${who}, concurrency ${concurrency}: ${why.slice(0, 200)}`,
      ),
    ),
    '',
    // The load generator has its share in every figure over raw static; this tells how large the goals are by it.
    `latest 50 JSON, by hand / raw static: ${both(figures.speed('latest 50', 'baseline json', 'ceiling json'))} (0.044 when the goals were set)`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
  await mkdir(join(ROOT, 'coverage'), { recursive: true })
  const json = {
    setting: { ...setting, server: undefined },
    processors: cpus().length,
    honoured: [...honoured],
    rows,
    goals,
  }
  await writeFile(join(ROOT, FILE), `${JSON.stringify({ ...json, measured: figures.measured }, null, 1)}\n`)
}

type Ratios = { name: string } & Record<(typeof COLUMNS)[number], Ratio>

function ratiosOf(figures: Figures): Ratios[] {
  return figures.cases.flatMap((name) =>
    (['json', 'xml'] as const)
      .filter((format) => figures.has(name, `georeport ${format}`))
      .map((format) => ({
        name: `${name}, ${format}`,
        'raw static': figures.speed(name, `georeport ${format}`, `ceiling ${format}`),
        'by hand': figures.speed(name, `georeport ${format}`, `baseline ${format}`),
        'CPU by hand': figures.cpu(name, `georeport ${format}`, `baseline ${format}`),
        'same SQL': figures.speed(name, `georeport ${format}`, 'pgbench'),
        'CPU in SQL': figures.databaseShare(name, `georeport ${format}`),
      })),
  )
}

function goalRow({ what, bound, goal, stretch, measured }: Goal): string[] {
  const sign = bound === 'least' ? '≥' : '≤'
  const reaches = (aim: number) =>
    CONCURRENCIES.map((concurrency) => measured[concurrency] ?? null)
      .filter((each) => each !== null)
      .map((each) => (bound === 'least' ? each >= aim : each <= aim))
  const [atGoal, atStretch] = [reaches(goal), reaches(stretch)]
  const verdict =
    atGoal.length === 0
      ? 'not measured'
      : atStretch.every(Boolean)
        ? 'stretch'
        : atGoal.every(Boolean)
          ? 'goal'
          : atGoal.some(Boolean)
            ? 'partly'
            : 'missed'
  return [what, both(measured), `${sign} ${goal}`, `${sign} ${stretch}`, verdict]
}

function both(ratio: Ratio): string {
  return CONCURRENCIES.map((concurrency) => shown(ratio[concurrency] ?? null)).join(' | ')
}

function shown(value: number | null): string {
  if (value === null) return '–'
  return value >= 10 ? value.toFixed(1) : value >= 0.1 ? value.toFixed(2) : value.toFixed(3)
}

function table(head: string[], rows: string[][]): string[] {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  )
  const line = (cells: string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd()
  return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)]
}
