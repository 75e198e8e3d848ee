import type { Box } from '../../standard/geography.js'
import { param } from '../database/prepared-statement.js'
import type { AccessPath } from './access-path.js'
import type { ListPlan } from './list-plan.js'

/** Conditions with several values. */
const LISTS = [
  'service_codes',
  'statuses',
  'detailed_statuses',
  'plain_statuses',
  'agencies',
  'channels',
] as const

/**
 * A key that is equal for plans with the same SQL text; null: the plan has no template.
 * `accessPath` is part of the key.
 */
export function templateKey(plan: ListPlan, accessPath: AccessPath): string | null {
  const { circle, boxes, polygon, area, searchText, order, isExtended, after } = plan
  const lists = LISTS.map((name) => plan[name])
  // The statement for the nearest rows has literal row counts.
  if (order.by === 'distance' || lists.some((list) => list.length > 1)) return null
  const nullable = [plan.start, plan.end, plan.updated_after, plan.updated_before, plan.has_media, after]
  return JSON.stringify([
    order,
    hasCommonSize(plan) && plan.rows,
    accessPath,
    isExtended,
    lists.map((list) => list.length),
    [...nullable, polygon, area, searchText].map((value) => value !== null),
    [circle?.bounds.length, boxes?.map(({ isDegenerate }) => isDegenerate)],
  ])
}

/**
 * Usual page sizes plus one row that shows whether there is more. Literals, so that the planner
 * knows them.
 */
const COMMON_SIZES: ReadonlySet<number> = new Set([11, 21, 26, 51, 101, 201, 501, 1001])

function hasCommonSize({ rows, skip }: ListPlan): boolean {
  return skip === 0 && COMMON_SIZES.has(rows)
}

/**
 * Replaces the values of `plan` by parameters. Returns it with its `endRow`; fits every plan with
 * the same template key.
 */
export function parameterize(plan: ListPlan): [plan: ListPlan, endRow: number] {
  const paramsOf = <Name extends (typeof LISTS)[number]>(name: Name) =>
    plan[name].map((_, index) => param((values: ListPlan) => values[name][index]!)) as ListPlan[Name]
  const nullableParam = <Value>(value: Value | null, read: (values: ListPlan) => Value | null) =>
    value === null ? null : (param(read) as Value)
  const boxParams = (read: (values: ListPlan) => Box): Box => ({
    west: param((values: ListPlan) => read(values).west),
    south: param((values: ListPlan) => read(values).south),
    east: param((values: ListPlan) => read(values).east),
    north: param((values: ListPlan) => read(values).north),
  })
  const rowCounts = hasCommonSize(plan)
    ? {}
    : { rows: param((values: ListPlan) => values.rows), skip: param((values: ListPlan) => values.skip) }
  const endRow = hasCommonSize(plan) ? plan.rows : param((values: ListPlan) => values.skip + values.rows)
  const parameterized: ListPlan = {
    ...plan,
    ...rowCounts,
    jurisdiction_id: param((values: ListPlan) => values.jurisdiction_id),
    endpoint: param((values: ListPlan) => values.endpoint),
    start: nullableParam(plan.start, (values) => values.start),
    end: nullableParam(plan.end, (values) => values.end),
    updated_after: nullableParam(plan.updated_after, (values) => values.updated_after),
    updated_before: nullableParam(plan.updated_before, (values) => values.updated_before),
    has_media: nullableParam(plan.has_media, (values) => values.has_media),
    polygon: plan.polygon && {
      geojson: param((values: ListPlan) => values.polygon!.geojson),
      box: boxParams((values) => values.polygon!.box),
    },
    searchText: nullableParam(plan.searchText, (values) => values.searchText),
    service_codes: paramsOf('service_codes'),
    statuses: paramsOf('statuses'),
    detailed_statuses: paramsOf('detailed_statuses'),
    plain_statuses: paramsOf('plain_statuses'),
    agencies: paramsOf('agencies'),
    channels: paramsOf('channels'),
    circle: plan.circle && {
      lat: param((values: ListPlan) => values.circle!.lat),
      long: param((values: ListPlan) => values.circle!.long),
      radius: param((values: ListPlan) => values.circle!.radius),
      bounds: plan.circle.bounds.map((_, index) => boxParams((values) => values.circle!.bounds[index]!)),
    },
    boxes:
      plan.boxes?.map(({ isDegenerate }, index) => ({
        ...boxParams((values) => values.boxes![index]!),
        isDegenerate,
      })) ?? null,
    area: plan.area && {
      id: param((values: ListPlan) => values.area!.id),
      box: boxParams((values) => values.area!.box),
    },
    after: plan.after && {
      at: param((values: ListPlan) => values.after!.at),
      service_request_id: param((values: ListPlan) => values.after!.service_request_id),
    },
  }
  return [parameterized, endRow]
}
