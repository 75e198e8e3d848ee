import { ON_MAPS } from './cases.js'
import type { Figures, Ratio, Worst } from './figures.js'

/** What the server should reach, as a ratio: the goal, and the stretch we really want. */
export interface Goal {
  what: string
  /** The ratio should be at least, or at most, as large. */
  bound: 'least' | 'most'
  goal: number
  stretch: number
  measured: Ratio
  /** The cases in which the worst was found, one for each concurrency. */
  worst: string[]
}

type Claim = [what: string, goal: number, stretch: number, measured: Ratio | Worst]

/** Cases that ask for a place. */
const PLACES = /^(bbox|radius|polygon|area)/

export function goalsOf(figures: Figures): Goal[] {
  const { cases } = figures
  const cpu = (name: string, other: string) => figures.cpu(name, 'georeport json', 'georeport json', other)
  const byHand = (name: string) => figures.cpu(name, 'georeport json', 'baseline json')
  const raw = (name: string) =>
    figures.worst([`${name}, json`, `${name}, xml`], 'smallest', (each) => speed(each, 'ceiling'))
  const xml = (name: string) => figures.speed(name, 'georeport xml', 'georeport json')
  /** `each` is the name of a case with a format, such as `one, json`. */
  const speed = (each: string, other: string) => {
    const [, name, format] = /^(.*), (\w+)$/.exec(each)!
    return figures.speed(name!, `georeport ${format}`, `${other} ${format}`)
  }
  const calls = cases.flatMap((name) => [`${name}, json`, `${name}, xml`])
  const places = cases.filter((name) => PLACES.test(name))
  const least: Claim[] = [
    ['services / raw static', 0.7, 0.85, raw('services')],
    ['definition / raw static', 0.7, 0.85, raw('definition')],
    ['discovery / raw static', 0.7, 0.85, raw('discovery')],
    ['304 / raw static', 0.9, 1.2, raw('services, 304')],
    ['latest 50 JSON / raw static', 0.06, 0.09, speed('latest 50, json', 'ceiling')],
    ['latest 50, XML / JSON', 0.85, 0.95, xml('latest 50')],
    ['latest 1000, XML / JSON', 0.85, 0.95, xml('latest 1000')],
    [
      'one JSON / select 1 through the same stack',
      0.6,
      0.8,
      figures.speed('one', 'georeport json', 'select 1'),
    ],
    ['POST / pgbench', 0.5, 0.8, figures.speed('POST', 'georeport json', 'pgbench')],
    ['POST / without events', 0.85, 0.95, figures.speed('POST', 'georeport json', 'without events')],
    [
      'every call / written by hand',
      1,
      1.5,
      figures.worst(calls, 'smallest', (each) => speed(each, 'baseline')),
    ],
    // Where one of them would leave a processor idle: see the lines below the table for the rest.
    [
      'two processes / one, for maps',
      1.4,
      1.6,
      figures.speed(ON_MAPS.name, 'two processes', 'georeport geojson'),
    ],
  ]
  const most: Claim[] = [
    ['latest 50 JSON, CPU / objects + stringify', 0.8, 0.45, byHand('latest 50')],
    ['latest 1000 JSON, CPU / objects + stringify', 0.65, 0.35, byHand('latest 1000')],
    [
      'worst place, CPU / latest 100',
      20,
      10,
      figures.worst(places, 'largest', (name) => cpu(name, 'latest 100')),
    ],
    [
      'worst list, CPU / in a small city',
      3,
      1.5,
      figures.worst(cases, 'largest', (name) => figures.cpu(name, 'georeport json', 'small json')),
    ],
    ['cursor, CPU of page 1000 / page 1', 3.5, 1.5, cpu('cursor, page 1000', 'cursor, page 1')],
  ]
  return [...least.map((claim) => goalOf('least', claim)), ...most.map((claim) => goalOf('most', claim))]
}

function goalOf(bound: Goal['bound'], [what, goal, stretch, found]: Claim): Goal {
  const isWorst = 'at' in found
  const [measured, worst] = isWorst ? [found.ratio, found.at] : [found, []]
  return { what, bound, goal, stretch, measured, worst }
}

/** What a goal has come to; it is met if it is at every concurrency that was measured. */
export function verdictOf({ bound, goal, stretch, measured }: Goal): string {
  const known = Object.values(measured).filter((each) => each !== null)
  const reaches = (aim: number) => known.every((each) => (bound === 'least' ? each >= aim : each <= aim))
  if (known.length === 0) return 'not measured'
  return reaches(stretch) ? 'stretch' : reaches(goal) ? 'met' : 'not met'
}
