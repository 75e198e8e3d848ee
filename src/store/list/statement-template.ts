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
 * A key that is equal for plans with the same SQL text; null: the plan has no template. A new member of
 * ListPlan has to be named here and in `parameterize`: otherwise a statement would keep the value of
 * the first client.
 */
export function templateKey(plan: ListPlan, accessPath: AccessPath): string | null {
  // The statement for the nearest rows has literal row counts.
  if (plan.order.by === 'distance' || LISTS.some((name) => plan[name].length > 1)) return null
  const isGiven = (value: unknown) => value !== null
  const shape: Record<keyof ListPlan, unknown> = {
    jurisdiction_id: 'parameter',
    endpoint: 'parameter',
    service_codes: plan.service_codes.length,
    statuses: plan.statuses.length,
    detailed_statuses: plan.detailed_statuses.length,
    plain_statuses: plan.plain_statuses.length,
    agencies: plan.agencies.length,
    channels: plan.channels.length,
    has_media: isGiven(plan.has_media),
    start: isGiven(plan.start),
    end: isGiven(plan.end),
    updated_after: isGiven(plan.updated_after),
    updated_before: isGiven(plan.updated_before),
    circle: plan.circle?.bounds.length,
    boxes: plan.boxes?.map(({ isDegenerate }) => isDegenerate),
    polygon: isGiven(plan.polygon),
    area: isGiven(plan.area),
    searchText: isGiven(plan.searchText),
    order: plan.order,
    rows: hasCommonSize(plan) ? plan.rows : 'parameter',
    skip: 'parameter',
    after: isGiven(plan.after),
    isExtended: plan.isExtended,
  }
  return JSON.stringify([accessPath, ...Object.values(shape)])
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
  const endRow = hasCommonSize(plan) ? plan.rows : param((values: ListPlan) => values.skip + values.rows)
  const parameterized: ListPlan = {
    order: plan.order,
    isExtended: plan.isExtended,
    rows: hasCommonSize(plan) ? plan.rows : param((values: ListPlan) => values.rows),
    skip: hasCommonSize(plan) ? 0 : param((values: ListPlan) => values.skip),
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
