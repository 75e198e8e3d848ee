import booleanPointInPolygon from '@turf/boolean-point-in-polygon'
import type { MultiPolygon, Polygon } from 'geojson'
import { type Box, METRES_PER_DEGREE } from '../../standard/geography.js'
import type { Store } from '../database/database.js'
import type { Conditions, ListPlan } from './list-plan.js'
import { type Narrowing, newestOf, type Sample, type Sampled } from './selectivity-sample.js'

/**
 * How the rows of a list are found. `place`: by the index of places, which narrows and orders by time at once. `time`: by
 * an index that orders by time, that of a service, agency, channel or detailed status if one is asked for; one row after
 * the other is looked at for its place. `planned`: as the planner of the database thinks best for these very values.
 */
export type Way = 'place' | 'time' | 'planned'

/** So many rows are looked at in the time in which one is fetched by the index of places. */
const DEARER = 30

/** Rows to be skipped up to which the index of places is a short way. */
const SHALLOW = 10_000

/** Characters of a polygon up to which it is worth to look whether it has some of the newest. */
const SIMPLE = 2000

/** Rows that tell a half from less. */
const SOME = 200

type Test = (row: Sampled) => boolean

/** The way to the rows of a list: the rows are the same by each. */
export async function wayOf(store: Store, plan: ListPlan): Promise<Way> {
  const { by, direction } = plan.order
  const [narrow, another] = narrowingOf(plan)
  const isByTime = by === 'requested_datetime' && direction === 'desc'
  if (!isByTime || another || hasOtherIndex(plan) || !isAboutPlace(plan)) return 'planned'
  const sample = await newestOf(store, plan)
  const reach = plan.skip + plan.rows
  // Only where the newest themselves have all that is asked for: else it might lead through everything there is.
  const rows = narrow ? (sample.having[narrow.column].get(narrow.value) ?? []) : sample.rows
  if (stepsTo(reach, rows, sample, plan) <= reach * DEARER) return 'time'
  if (narrow) return isWide(sample, plan) ? 'time' : 'planned'
  return plan.skip > SHALLOW ? 'planned' : 'place'
}

/** Whether the statement of such a list is good for all values: else they are a few rows or many, and it is planned each time. */
export function isPlannedOnce(plan: Conditions, way: Way): boolean {
  return way !== 'planned' || (!isAboutPlace(plan) && plan.words === null)
}

/** Whether so many of the newest are in the boxes around all places: most lists end here, so this is quick. */
function mayReach(reach: number, { lats, longs }: Sample, plan: Conditions): boolean {
  const { boxes, near, polygon, area } = plan
  const places = [boxes, near?.around, polygon && [polygon.box], area && [area.box]]
  return places.every((boxes) => {
    if (!boxes) return true
    let found = 0
    for (const { west, south, east, north } of boxes) {
      for (let at = 0; at < lats.length && found < reach; at++) {
        if (lats[at]! >= south && lats[at]! <= north && longs[at]! >= west && longs[at]! <= east) found++
      }
    }
    return found >= reach
  })
}

/** How many of these newest rows are looked at until so many are found; infinite if they may not be enough. */
function stepsTo(reach: number, rows: readonly Sampled[], sample: Sample, plan: ListPlan): number {
  const { isAll } = sample
  const oldest = sample.rows.at(-1)?.requested_datetime
  const isLonger = !isAll && (plan.start === null || (oldest !== undefined && plan.start <= oldest))
  if (isLonger && !mayReach(reach, sample, plan)) return Number.POSITIVE_INFINITY
  const last = plan.after && (plan.end === null || plan.after.at < plan.end) ? plan.after.at : plan.end
  const tests = testsOf(plan)
  let steps = 0
  let found = 0
  for (const row of rows) {
    if (last !== null && row.requested_datetime > last) continue
    if (plan.start !== null && row.requested_datetime < plan.start) return steps
    steps++
    if (tests.every((test) => test(row)) && ++found >= reach) return steps
  }
  return isAll ? steps : Number.POSITIVE_INFINITY
}

/** Whether a place has at least half of all: then an index by time leads through at most twice as many rows as are asked for. */
function isWide({ rows }: Sample, plan: ListPlan): boolean {
  const tests = placesOf(plan)
  const some = rows.slice(0, SOME)
  return some.length > 0 && some.filter((row) => tests.every((test) => test(row))).length * 2 >= some.length
}

/** What has an index of its own that orders by time, and is asked for. */
function narrowingOf({
  service_codes,
  agencies,
  channels,
  detailed_statuses,
  plain_statuses,
}: Conditions): { column: Narrowing; value: string }[] {
  const narrowing = (column: Narrowing, values: readonly string[]) =>
    values.length === 1 ? [{ column, value: values[0]! }] : []
  return [
    ...narrowing('service_code', service_codes),
    ...narrowing('agency_responsible', agencies),
    ...narrowing('channel', channels),
    ...(plain_statuses.length === 0 ? narrowing('detailed_status', detailed_statuses) : []),
  ]
}

/** Whether words or changes are asked for: then their indexes may be shorter than any of these. */
function hasOtherIndex({ words, updated_after, updated_before }: Conditions): boolean {
  return words !== null || updated_after !== null || updated_before !== null
}

function isAboutPlace({ near, boxes, polygon, area }: Conditions): boolean {
  return [near, boxes, polygon, area].some((place) => place !== null)
}

/** All that has to hold, but for the times; the cheapest first. */
function testsOf(plan: Conditions): Test[] {
  const { service_codes, statuses, detailed_statuses, plain_statuses, agencies, channels, has_media } = plan
  const isDetailed = among(detailed_statuses, (row) => row.detailed_status)
  const isPlain = among(plain_statuses, (row) => (row.detailed_status === null ? row.status : null))
  const hasWord = detailed_statuses.length + plain_statuses.length > 0
  return [
    ...placesOf(plan),
    ...(service_codes.length ? [among(service_codes, (row) => row.service_code)] : []),
    ...(statuses.length ? [among(statuses, (row) => row.status)] : []),
    ...(hasWord ? [(row: Sampled) => isDetailed(row) || isPlain(row)] : []),
    ...(agencies.length ? [among(agencies, (row) => row.agency_responsible)] : []),
    ...(channels.length ? [among(channels, (row) => row.channel)] : []),
    ...(has_media === null ? [] : [(row: Sampled) => row.has_media === has_media]),
  ]
}

function among(values: readonly string[], of: (row: Sampled) => string | null): Test {
  return (row) => {
    const value = of(row)
    return value !== null && values.includes(value)
  }
}

/** Whether a row is in all of the places, rather too few than too many. */
function placesOf({ near, boxes, polygon, area }: Conditions): Test[] {
  const tests: Test[] = []
  if (boxes) tests.push(isInOneOf(boxes))
  if (near) {
    const high = (near.radius / METRES_PER_DEGREE) * 0.98
    const wide = high / Math.max(Math.cos((near.lat * Math.PI) / 180), 1e-9)
    tests.push(({ lat, long }) => ((lat! - near.lat) / high) ** 2 + ((long! - near.long) / wide) ** 2 <= 1)
  }
  if (area) tests.push(isInOneOf([area.box]), (row) => row.area_ids.includes(area.id))
  if (polygon) {
    tests.push(isInOneOf([polygon.box]))
    if (polygon.geojson.length > SIMPLE) tests.push(() => false)
    else {
      const shape = JSON.parse(polygon.geojson) as Polygon | MultiPolygon
      tests.push(({ lat, long }) => booleanPointInPolygon([long!, lat!], shape))
    }
  }
  return [({ lat, long }) => lat !== null && long !== null, ...tests]
}

function isInOneOf(boxes: readonly Box[]): Test {
  return ({ lat, long }) =>
    boxes.some(
      ({ west, south, east, north }) => lat! >= south && lat! <= north && long! >= west && long! <= east,
    )
}
