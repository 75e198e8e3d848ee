import type { Store } from '../database/database.js'
import type { ListConditions, ListPlan } from './list-plan.js'
import { buildSampleTests, buildSpatialTests, type SampleTest } from './sample-tests.js'
import {
  getSample,
  type IndexedColumn,
  type SampledRow,
  type SelectivitySample,
} from './selectivity-sample.js'

/**
 * How a list query finds its rows; the result is the same for all paths.
 * `spatial`: through the GiST index of location and time.
 * `time`: in order of an index by time, testing the location row by row; the index of a service,
 * agency, channel or detailed status if the list has such a filter.
 * `planner`: the database's planner decides, with the actual values.
 */
export type AccessPath = 'spatial' | 'time' | 'planner'

export interface AccessChoice {
  path: AccessPath
  /** True if one plan of the statement is good for all values, so that the server may reuse it. */
  hasGenericPlan: boolean
}

/** Rows tested in order of time in the time of one fetch through the GiST index. */
const INDEX_FETCH_COST = 30

/** Highest offset for which the GiST index pays off. */
const MAX_INDEX_OFFSET = 10_000

/** Sampled rows that show whether an area has at least half of all rows. */
const COVERAGE_SAMPLE = 200

/** Chooses the access path of a list from a sample of the newest rows. */
export async function chooseAccessPath(store: Store, plan: ListPlan): Promise<AccessChoice> {
  const path = await choosePath(store, plan)
  // With these filters, the planner's choice depends on the values: they match a few rows or many.
  const hasGenericPlan = path !== 'planner' || (!hasSpatialFilter(plan) && plan.searchText === null)
  return { path, hasGenericPlan }
}

async function choosePath(store: Store, plan: ListPlan): Promise<AccessPath> {
  const { by, direction } = plan.order
  const [filter, secondFilter] = listIndexedFilters(plan)
  const isNewestFirst = by === 'requested_datetime' && direction === 'desc'
  if (!isNewestFirst || secondFilter || hasOtherIndex(plan) || !hasSpatialFilter(plan)) return 'planner'
  const sample = await getSample(store, plan)
  const endRow = plan.skip + plan.rows
  // By time only if the sample itself fills the page: otherwise the query may scan all rows.
  const rows = filter ? (sample.rowsByValue[filter.column].get(filter.value) ?? []) : sample.rows
  if (countRowsScanned(endRow, rows, sample, plan) <= endRow * INDEX_FETCH_COST) return 'time'
  if (filter) return coversHalf(sample, plan) ? 'time' : 'planner'
  return plan.skip > MAX_INDEX_OFFSET ? 'planner' : 'spatial'
}

/** Filters on columns that have an index of their own in order of time. */
function listIndexedFilters({
  service_codes,
  agencies,
  channels,
  detailed_statuses,
  plain_statuses,
}: ListConditions): { column: IndexedColumn; value: string }[] {
  const filterOn = (column: IndexedColumn, values: readonly string[]) =>
    values.length === 1 ? [{ column, value: values[0]! }] : []
  return [
    ...filterOn('service_code', service_codes),
    ...filterOn('agency_responsible', agencies),
    ...filterOn('channel', channels),
    ...(plain_statuses.length === 0 ? filterOn('detailed_status', detailed_statuses) : []),
  ]
}

/** Full-text search and changes have indexes of their own, which may be more selective. */
function hasOtherIndex({ searchText, updated_after, updated_before }: ListConditions): boolean {
  return searchText !== null || updated_after !== null || updated_before !== null
}

function hasSpatialFilter({ circle, boxes, polygon, area }: ListConditions): boolean {
  return [circle, boxes, polygon, area].some((filter) => filter !== null)
}

/**
 * Number of `rows`, newest first, that are tested until `endRow` rows match; infinite if the sample
 * does not tell. `rows` are all sampled rows, or those of one indexed value.
 */
function countRowsScanned(
  endRow: number,
  rows: readonly SampledRow[],
  sample: SelectivitySample,
  plan: ListPlan,
): number {
  const { isComplete } = sample
  const oldest = sample.rows.at(-1)?.requested_datetime
  const exceedsSample = !isComplete && (plan.start === null || (oldest !== undefined && plan.start <= oldest))
  if (exceedsSample && !mayFillPage(endRow, sample, plan)) return Number.POSITIVE_INFINITY
  const end = plan.after && (plan.end === null || plan.after.at < plan.end) ? plan.after.at : plan.end
  const tests = buildSampleTests(plan)
  let scanned = 0
  let matching = 0
  for (const row of rows) {
    if (end !== null && row.requested_datetime > end) continue
    if (plan.start !== null && row.requested_datetime < plan.start) return scanned
    scanned++
    if (passesAll(tests, row) && ++matching >= endRow) return scanned
  }
  return isComplete ? scanned : Number.POSITIVE_INFINITY
}

/**
 * Cheap test that excludes most lists: whether enough sampled rows are in the bounding boxes of
 * each spatial filter.
 */
function mayFillPage(endRow: number, { lats, longs }: SelectivitySample, plan: ListConditions): boolean {
  const { boxes, circle, polygon, area } = plan
  const filters = [boxes, circle?.bounds, polygon && [polygon.box], area && [area.box]]
  return filters.every((bounds) => {
    if (!bounds) return true
    let inside = 0
    for (const { west, south, east, north } of bounds) {
      for (let at = 0; at < lats.length && inside < endRow; at++) {
        if (lats[at]! >= south && lats[at]! <= north && longs[at]! >= west && longs[at]! <= east) inside++
      }
    }
    return inside >= endRow
  })
}

/** True if at least half of all rows match: then a scan by time tests at most two rows per match. */
function coversHalf({ rows }: SelectivitySample, plan: ListPlan): boolean {
  const tests = buildSpatialTests(plan)
  const newest = rows.slice(0, COVERAGE_SAMPLE)
  return newest.length > 0 && newest.filter((row) => passesAll(tests, row)).length * 2 >= newest.length
}

function passesAll(tests: readonly SampleTest[], row: SampledRow): boolean {
  return tests.every((test) => test(row))
}
