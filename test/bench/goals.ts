import { type Figures, type Ratio, worst } from './figures.js'

/** What the server should reach, as a ratio: the goal, and the stretch we really want. */
export interface Goal {
  what: string
  /** The ratio should be at least, or at most, as large. */
  bound: 'least' | 'most'
  goal: number
  stretch: number
  measured: Ratio
}

export function goalsOf(figures: Figures): Goal[] {
  const least = (what: string, goal: number, stretch: number, measured: Ratio): Goal => ({
    what,
    bound: 'least',
    goal,
    stretch,
    measured,
  })
  const most = (...given: Parameters<typeof least>): Goal => ({ ...least(...given), bound: 'most' })
  const each = (of: (name: string) => Ratio, names = figures.cases) => names.map(of)
  const formats = ['json', 'xml'] as const
  const raw = (name: string) =>
    worst(
      formats.map((format) => figures.speed(name, `georeport ${format}`, `ceiling ${format}`)),
      'smallest',
    )
  const byHand = (name: string) =>
    worst(
      formats.map((format) => figures.speed(name, `georeport ${format}`, `baseline ${format}`)),
      'smallest',
    )
  const xml = (name: string) => figures.speed(name, 'georeport xml', 'georeport json')
  const cpuByHand = (name: string) => figures.cpu(name, 'georeport json', 'baseline json')
  const toLatest = (name: string) => figures.cpu(name, 'georeport json', 'georeport json', 'latest 100')
  const toSmall = (name: string) => figures.cpu(name, 'georeport json', 'small json')
  const places = figures.cases.filter((name) => /^(bbox|radius|area)/.test(name))
  return [
    least('services / raw static', 0.7, 0.85, raw('services')),
    least('definition / raw static', 0.7, 0.85, raw('definition')),
    least('discovery / raw static', 0.7, 0.85, raw('discovery')),
    least('304 / raw static', 0.9, 1.2, raw('services, 304')),
    least(
      'latest 50 JSON / raw static',
      0.06,
      0.09,
      figures.speed('latest 50', 'georeport json', 'ceiling json'),
    ),
    least('XML / JSON, latest 50', 0.85, 0.95, xml('latest 50')),
    least('XML / JSON, latest 1000', 0.85, 0.95, xml('latest 1000')),
    most('latest 50 JSON, CPU / objects + stringify', 0.8, 0.45, cpuByHand('latest 50')),
    most('latest 1000 JSON, CPU / objects + stringify', 0.65, 0.35, cpuByHand('latest 1000')),
    least('one / select 1', 0.6, 0.8, figures.speed('one', 'georeport json', 'select 1')),
    most('worst place, CPU / latest 100', 20, 10, worst(each(toLatest, places), 'largest')),
    most('worst list, CPU / the same in a small city', 3, 1.5, worst(each(toSmall), 'largest')),
    most(
      'cursor, CPU of page 1000 / page 1',
      3.5,
      1.5,
      figures.cpu('cursor, page 1000', 'georeport json', 'georeport json', 'cursor, page 1'),
    ),
    least('POST / pgbench', 0.5, 0.8, figures.speed('POST', 'georeport json', 'pgbench')),
    least('every call / written by hand', 1, 1.5, worst(each(byHand), 'smallest')),
  ]
}
