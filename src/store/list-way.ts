import type { Box } from '../standard/geography.js'
import type { Store } from './database.js'
import type { Conditions, ListPlan } from './list-plan.js'
import { newestOf, type Sampled } from './newest-sample.js'

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

/** The way to the rows of a list: the rows are the same by each. */
export async function wayOf(store: Store, plan: ListPlan): Promise<Way> {
  const { by, direction } = plan.order
  const places = boxesOf(plan)
  const narrowing = narrowingOf(plan)
  if (
    places.length === 0 ||
    by !== 'requested_datetime' ||
    direction !== 'desc' ||
    hasOtherIndex(plan) ||
    narrowing.length > 1
  )
    return 'planned'
  const newest = await newestOf(store, plan)
  const inPlace = newest.filter((row) => places.every((boxes) => boxes.some((box) => isIn(box, row)))).length
  const [narrow] = narrowing
  const ofOrder = narrow ? newest.filter(narrow).length : newest.length
  // Of what neither has been seen of lately, there is little by an order of time.
  if (inPlace * DEARER >= ofOrder && newest.length > 0) return 'time'
  return plan.skip > SHALLOW ? 'planned' : 'place'
}

/** Whether the statement of such a list is good for all values: else they are a few rows or many, and it is planned each time. */
export function isPlannedOnce(plan: Conditions, way: Way): boolean {
  return way !== 'planned' || (boxesOf(plan).length === 0 && plan.words === null)
}

/** What has an index of its own that orders by time, and is asked for. */
function narrowingOf(plan: ListPlan): ((row: Sampled) => boolean)[] {
  const { service_codes, agencies, channels, detailed_statuses, plain_statuses } = plan
  const isOne = (values: readonly string[]) => values.length === 1
  return [
    ...(isOne(service_codes) ? [(row: Sampled) => row.service_code === service_codes[0]] : []),
    ...(isOne(agencies) ? [(row: Sampled) => row.agency_responsible === agencies[0]] : []),
    ...(isOne(channels) ? [(row: Sampled) => row.channel === channels[0]] : []),
    ...(isOne(detailed_statuses) && plain_statuses.length === 0
      ? [(row: Sampled) => row.detailed_status === detailed_statuses[0]]
      : []),
  ]
}

/** Whether words or changes are asked for: then their indexes may be shorter than any of these. */
function hasOtherIndex({ words, updated_after, updated_before }: ListPlan): boolean {
  return words !== null || updated_after !== null || updated_before !== null
}

/** Boxes around each of the places that a list is about. */
function boxesOf({ near, boxes, polygon, area }: Conditions): (readonly Box[])[] {
  return [boxes, near?.around, polygon && [polygon.box], area && [area.box]].filter((each) => !!each)
}

function isIn({ west, south, east, north }: Box, { lat, long }: Sampled): boolean {
  return lat !== null && long !== null && lat >= south && lat <= north && long >= west && long <= east
}
