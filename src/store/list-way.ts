import type { Box } from '../standard/geography.js'
import type { Store } from './database.js'
import type { Conditions, ListPlan } from './list-plan.js'
import { shareIn } from './newest-places.js'

/**
 * How the rows of a list are found. `place`: by the index of places, which narrows and orders by time at once. `time`: one
 * after the other from the newest on, each looked at for its place. `planned`: as the planner of the database thinks best
 * for these very values.
 */
export type Way = 'place' | 'time' | 'planned'

/** Of the newest rows so many have to be in a place for the way by time: to look at thirty takes as long as to fetch one by the index of places. */
const COMMON = 1 / 30

/** Rows to be skipped up to which the index of places is a short way. */
const SHALLOW = 10_000

/** The way to the rows of a list: the rows are the same by each. */
export async function wayOf(store: Store, plan: ListPlan): Promise<Way> {
  const { by, direction } = plan.order
  if (by !== 'requested_datetime' || direction !== 'desc' || hasOtherIndex(plan)) return 'planned'
  const place = boxesOf(plan)
  if (!place) return 'planned'
  if ((await shareIn(store, plan, place)) >= COMMON) return 'time'
  return plan.skip > SHALLOW ? 'planned' : 'place'
}

/** Whether the statement of such a list is good for all values: else they are a few rows or many, and it is planned each time. */
export function isPlannedOnce(plan: Conditions, way: Way): boolean {
  return way !== 'planned' || (!boxesOf(plan) && plan.words === null)
}

/** Whether a list may be found sooner by another index: where one service, agency, channel or detailed status is asked for, by words and by changes. */
function hasOtherIndex(plan: ListPlan): boolean {
  const { service_codes, agencies, channels, detailed_statuses, words, updated_after, updated_before } = plan
  return (
    [service_codes, agencies, channels, detailed_statuses].some((list) => list.length === 1) ||
    [words, updated_after, updated_before].some((value) => value !== null)
  )
}

/** Boxes around the smallest of the places that a list is about; null: it is about no place. */
function boxesOf({ near, boxes, polygon, area }: Conditions): readonly Box[] | null {
  return boxes ?? near?.around ?? (polygon && [polygon.box]) ?? (area && [area.box])
}
