import { GEOJSON_CASE } from './cases.js'
import type { Ratio, Results, Worst } from './results.js'

/** A performance goal, as a ratio. */
export interface Goal {
  name: string
  /** Whether the goal is a lower or an upper bound of the ratio. */
  bound: 'min' | 'max'
  goal: number
  /** The desired value, beyond the goal. */
  stretch: number
  measured: Ratio
  /** The cases with the worst ratio, one per concurrency; empty for a goal of one case. */
  worstCases: string[]
}

type GoalRow = [name: string, goal: number, stretch: number, measured: Ratio | Worst]

/** Names of cases with spatial filters. */
const SPATIAL_CASE = /^(bbox|radius|polygon|area)/

export function computeGoals(results: Results): Goal[] {
  const { cases } = results
  const cpuOfCases = (name: string, otherName: string) =>
    results.cpuRatio(name, 'georeport json', 'georeport json', otherName)
  const cpuOfBaseline = (name: string) => results.cpuRatio(name, 'georeport json', 'baseline json')
  /** `request` is a case name and a format, for example `latest 50, json`. */
  const throughput = (request: string, otherTarget: string) => {
    const [, name, format] = /^(.*), (\w+)$/.exec(request)!
    return results.throughputRatio(name!, `georeport ${format}`, `${otherTarget} ${format}`)
  }
  const ofRawBuffer = (name: string) =>
    results.worst([`${name}, json`, `${name}, xml`], 'smallest', (each) => throughput(each, 'raw buffer'))
  const xmlOfJson = (name: string) => results.throughputRatio(name, 'georeport xml', 'georeport json')
  const requests = cases.flatMap((name) => [`${name}, json`, `${name}, xml`])
  const spatialCases = cases.filter((name) => SPATIAL_CASE.test(name))
  const min: GoalRow[] = [
    ['services / raw buffer', 0.7, 0.85, ofRawBuffer('services')],
    ['definition / raw buffer', 0.7, 0.85, ofRawBuffer('definition')],
    ['discovery / raw buffer', 0.7, 0.85, ofRawBuffer('discovery')],
    ['304 / raw buffer', 0.9, 1.2, ofRawBuffer('services, 304')],
    ['latest 50, JSON / raw buffer', 0.06, 0.09, throughput('latest 50, json', 'raw buffer')],
    ['latest 50, XML / JSON', 0.85, 0.95, xmlOfJson('latest 50')],
    ['latest 1000, XML / JSON', 0.85, 0.95, xmlOfJson('latest 1000')],
    [
      'one, JSON / select 1 through the same libraries',
      0.6,
      0.8,
      results.throughputRatio('one', 'georeport json', 'select 1'),
    ],
    ['POST / pgbench', 0.5, 0.8, results.throughputRatio('POST', 'georeport json', 'pgbench')],
    [
      'POST / without events',
      0.85,
      0.95,
      results.throughputRatio('POST', 'georeport json', 'without events'),
    ],
    [
      'every request / hand-written server',
      1,
      1.5,
      results.worst(requests, 'smallest', (each) => throughput(each, 'baseline')),
    ],
    // Only where one process leaves a processor idle; the lines below the table have the other cases.
    [
      'two processes / one, GeoJSON',
      1.4,
      1.6,
      results.throughputRatio(GEOJSON_CASE.name, 'two processes', 'georeport geojson'),
    ],
  ]
  const max: GoalRow[] = [
    ['latest 50, JSON, CPU / hand-written server', 0.8, 0.45, cpuOfBaseline('latest 50')],
    ['latest 1000, JSON, CPU / hand-written server', 0.65, 0.35, cpuOfBaseline('latest 1000')],
    [
      'worst spatial list, CPU / latest 100',
      20,
      10,
      results.worst(spatialCases, 'largest', (name) => cpuOfCases(name, 'latest 100')),
    ],
    [
      'worst list, CPU / small city',
      3,
      1.5,
      results.worst(cases, 'largest', (name) => results.cpuRatio(name, 'georeport json', 'small json')),
    ],
    ['cursor, CPU of page 1000 / page 1', 3.5, 1.5, cpuOfCases('cursor, page 1000', 'cursor, page 1')],
  ]
  return [...min.map((row) => toGoal('min', row)), ...max.map((row) => toGoal('max', row))]
}

function toGoal(bound: Goal['bound'], [name, goal, stretch, result]: GoalRow): Goal {
  const { ratio, cases } = isWorst(result) ? result : { ratio: result, cases: [] }
  return { name, bound, goal, stretch, measured: ratio, worstCases: cases }
}

function isWorst(result: Ratio | Worst): result is Worst {
  return 'cases' in result
}

/** Rates a goal. It is met if it is met at every measured concurrency. */
export function rateGoal({ bound, goal, stretch, measured }: Goal): string {
  const values = Object.values(measured).filter((each) => each !== null)
  const isReached = (limit: number) =>
    values.every((each) => (bound === 'min' ? each >= limit : each <= limit))
  if (values.length === 0) return 'not measured'
  return isReached(stretch) ? 'stretch' : isReached(goal) ? 'met' : 'not met'
}
