import booleanPointInPolygon from '@turf/boolean-point-in-polygon'
import type { MultiPolygon, Polygon } from 'geojson'
import { type Box, METRES_PER_DEGREE } from '../../standard/geography.js'
import type { Store } from '../database/database.js'
import type { ListConditions, ListPlan } from './list-plan.js'
import {
  getSample,
  type IndexedColumn,
  type SampledRow,
  type SelectivitySample,
} from './selectivity-sample.js'

/**
 * How the rows of a list are found. `place`: by the index of places, which narrows and orders by time at once. `time`: by
 * an index that orders by time, that of a service, agency, channel or detailed status if one is asked for; one row after
 * the other is looked at for its place. `planned`: as the planner of the database thinks best for these very values.
 */
export type AccessPath = 'place' | 'time' | 'planned'

/** So many rows are looked at in the time in which one is fetched by the index of places. */
const INDEX_FETCH_COST = 30

/** Rows to be skipped up to which the index of places is a short way. */
const MAX_INDEX_OFFSET = 10_000

/** Characters of a polygon up to which it is worth to look whether it has some of the newest. */
const MAX_TESTED_POLYGON_LENGTH = 2000

/** Rows that tell a half from less. */
const WIDE_SAMPLE = 200

type RowTest = (row: SampledRow) => boolean

/** The way to the rows of a list: the rows are the same by each. */
export async function chooseAccessPath(store: Store, plan: ListPlan): Promise<AccessPath> {
  const { by, direction } = plan.order
  const [narrow, another] = listIndexedFilters(plan)
  const isByTime = by === 'requested_datetime' && direction === 'desc'
  if (!isByTime || another || hasOtherIndex(plan) || !hasSpatialFilter(plan)) return 'planned'
  const sample = await getSample(store, plan)
  const reach = plan.skip + plan.rows
  // Only where the newest themselves have all that is asked for: else it might lead through everything there is.
  const rows = narrow ? (sample.rowsByValue[narrow.column].get(narrow.value) ?? []) : sample.rows
  if (countRowsScanned(reach, rows, sample, plan) <= reach * INDEX_FETCH_COST) return 'time'
  if (narrow) return coversHalf(sample, plan) ? 'time' : 'planned'
  return plan.skip > MAX_INDEX_OFFSET ? 'planned' : 'place'
}

/** Whether the statement of such a list is good for all values: else they are a few rows or many, and it is planned each time. */
export function hasGenericPlan(plan: ListConditions, way: AccessPath): boolean {
  return way !== 'planned' || (!hasSpatialFilter(plan) && plan.searchText === null)
}

/** Whether so many of the newest are in the boxes around all places: most lists end here, so this is quick. */
function mayFillPage(reach: number, { lats, longs }: SelectivitySample, plan: ListConditions): boolean {
  const { boxes, circle, polygon, area } = plan
  const places = [boxes, circle?.bounds, polygon && [polygon.box], area && [area.box]]
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
function countRowsScanned(
  reach: number,
  rows: readonly SampledRow[],
  sample: SelectivitySample,
  plan: ListPlan,
): number {
  const { isComplete } = sample
  const oldest = sample.rows.at(-1)?.requested_datetime
  const isLonger = !isComplete && (plan.start === null || (oldest !== undefined && plan.start <= oldest))
  if (isLonger && !mayFillPage(reach, sample, plan)) return Number.POSITIVE_INFINITY
  const last = plan.after && (plan.end === null || plan.after.at < plan.end) ? plan.after.at : plan.end
  const tests = buildTests(plan)
  let steps = 0
  let found = 0
  for (const row of rows) {
    if (last !== null && row.requested_datetime > last) continue
    if (plan.start !== null && row.requested_datetime < plan.start) return steps
    steps++
    if (tests.every((test) => test(row)) && ++found >= reach) return steps
  }
  return isComplete ? steps : Number.POSITIVE_INFINITY
}

/** Whether a place has at least half of all: then an index by time leads through at most twice as many rows as are asked for. */
function coversHalf({ rows }: SelectivitySample, plan: ListPlan): boolean {
  const tests = buildSpatialTests(plan)
  const some = rows.slice(0, WIDE_SAMPLE)
  return some.length > 0 && some.filter((row) => tests.every((test) => test(row))).length * 2 >= some.length
}

/** What has an index of its own that orders by time, and is asked for. */
function listIndexedFilters({
  service_codes,
  agencies,
  channels,
  detailed_statuses,
  plain_statuses,
}: ListConditions): { column: IndexedColumn; value: string }[] {
  const narrowing = (column: IndexedColumn, values: readonly string[]) =>
    values.length === 1 ? [{ column, value: values[0]! }] : []
  return [
    ...narrowing('service_code', service_codes),
    ...narrowing('agency_responsible', agencies),
    ...narrowing('channel', channels),
    ...(plain_statuses.length === 0 ? narrowing('detailed_status', detailed_statuses) : []),
  ]
}

/** Whether words or changes are asked for: then their indexes may be shorter than any of these. */
function hasOtherIndex({ searchText, updated_after, updated_before }: ListConditions): boolean {
  return searchText !== null || updated_after !== null || updated_before !== null
}

function hasSpatialFilter({ circle, boxes, polygon, area }: ListConditions): boolean {
  return [circle, boxes, polygon, area].some((place) => place !== null)
}

/** All that has to hold, but for the times; the cheapest first. */
function buildTests(plan: ListConditions): RowTest[] {
  const { service_codes, statuses, detailed_statuses, plain_statuses, agencies, channels, has_media } = plan
  const isDetailed = matchesAny(detailed_statuses, (row) => row.detailed_status)
  const isPlain = matchesAny(plain_statuses, (row) => (row.detailed_status === null ? row.status : null))
  const hasWord = detailed_statuses.length + plain_statuses.length > 0
  return [
    ...buildSpatialTests(plan),
    ...(service_codes.length ? [matchesAny(service_codes, (row) => row.service_code)] : []),
    ...(statuses.length ? [matchesAny(statuses, (row) => row.status)] : []),
    ...(hasWord ? [(row: SampledRow) => isDetailed(row) || isPlain(row)] : []),
    ...(agencies.length ? [matchesAny(agencies, (row) => row.agency_responsible)] : []),
    ...(channels.length ? [matchesAny(channels, (row) => row.channel)] : []),
    ...(has_media === null ? [] : [(row: SampledRow) => row.has_media === has_media]),
  ]
}

function matchesAny(values: readonly string[], of: (row: SampledRow) => string | null): RowTest {
  return (row) => {
    const value = of(row)
    return value !== null && values.includes(value)
  }
}

/** Whether a row is in all of the places, rather too few than too many. */
function buildSpatialTests({ circle, boxes, polygon, area }: ListConditions): RowTest[] {
  const tests: RowTest[] = []
  if (boxes) tests.push(insideAnyBox(boxes))
  if (circle) {
    const high = (circle.radius / METRES_PER_DEGREE) * 0.98
    const wide = high / Math.max(Math.cos((circle.lat * Math.PI) / 180), 1e-9)
    tests.push(
      ({ lat, long }) => ((lat! - circle.lat) / high) ** 2 + ((long! - circle.long) / wide) ** 2 <= 1,
    )
  }
  if (area) tests.push(insideAnyBox([area.box]), (row) => row.area_ids.includes(area.id))
  if (polygon) {
    tests.push(insideAnyBox([polygon.box]))
    if (polygon.geojson.length > MAX_TESTED_POLYGON_LENGTH) tests.push(() => false)
    else {
      const shape = JSON.parse(polygon.geojson) as Polygon | MultiPolygon
      tests.push(({ lat, long }) => booleanPointInPolygon([long!, lat!], shape))
    }
  }
  return [({ lat, long }) => lat !== null && long !== null, ...tests]
}

function insideAnyBox(boxes: readonly Box[]): RowTest {
  return ({ lat, long }) =>
    boxes.some(
      ({ west, south, east, north }) => lat! >= south && lat! <= north && long! >= west && long! <= east,
    )
}
