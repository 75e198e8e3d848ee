import type { Box } from '../../standard/geography.js'
import { param } from '../database/prepared-statement.js'
import type { AccessPath } from './access-path.js'
import type { ListPlan } from './list-plan.js'

/** Lists of values, of which a row has to have one. */
const LISTS = [
  'service_codes',
  'statuses',
  'detailed_statuses',
  'plain_statuses',
  'agencies',
  'channels',
] as const

/** Names all that the text of the statement of `plan` depends on; null: it is written for itself. */
export function templateKey(plan: ListPlan, way: AccessPath): string | null {
  const { circle, boxes, polygon, area, searchText, order, isExtended, after } = plan
  const lists = LISTS.map((name) => plan[name])
  // How far to look for the nearest is written in numbers.
  if (order.by === 'distance' || lists.some((list) => list.length > 1)) return null
  const given = [plan.start, plan.end, plan.updated_after, plan.updated_before, plan.has_media, after]
  const places = [
    circle?.bounds.length,
    boxes?.map(({ isDegenerate }) => isDegenerate),
    polygon,
    area,
    searchText,
  ]
  return JSON.stringify([
    order,
    hasCommonSize(plan) && plan.rows,
    way,
    isExtended,
    lists.map((list) => list.length),
    [...given, ...places.slice(2)].map((each) => each !== null),
    places.slice(0, 2),
  ])
}

/** Lengths of lists, and one more to see whether they go on: with these, a plan can be good for all values. */
const COMMON_SIZES: ReadonlySet<number> = new Set([11, 21, 26, 51, 101, 201, 501, 1001])

function hasCommonSize({ rows, skip }: ListPlan): boolean {
  return skip === 0 && COMMON_SIZES.has(rows)
}

/**
 * `plan` with slots for its values, and how many rows there are to its end: what is written for them fits every plan of
 * its shape.
 */
export function parameterize(plan: ListPlan): [ListPlan, number] {
  const oneOf = <Name extends (typeof LISTS)[number]>(name: Name) =>
    plan[name].map((_, index) => param((values: ListPlan) => values[name][index]!)) as ListPlan[Name]
  const unlessNull = <Value>(value: Value | null, read: (values: ListPlan) => Value | null) =>
    value === null ? null : (param(read) as Value)
  const box = (read: (values: ListPlan) => Box): Box => ({
    west: param((values: ListPlan) => read(values).west),
    south: param((values: ListPlan) => read(values).south),
    east: param((values: ListPlan) => read(values).east),
    north: param((values: ListPlan) => read(values).north),
  })
  const sizes = hasCommonSize(plan)
    ? {}
    : { rows: param((values: ListPlan) => values.rows), skip: param((values: ListPlan) => values.skip) }
  const reach = hasCommonSize(plan) ? plan.rows : param((values: ListPlan) => values.skip + values.rows)
  const written: ListPlan = {
    ...plan,
    ...sizes,
    jurisdiction_id: param((values: ListPlan) => values.jurisdiction_id),
    endpoint: param((values: ListPlan) => values.endpoint),
    start: unlessNull(plan.start, (values) => values.start),
    end: unlessNull(plan.end, (values) => values.end),
    updated_after: unlessNull(plan.updated_after, (values) => values.updated_after),
    updated_before: unlessNull(plan.updated_before, (values) => values.updated_before),
    has_media: unlessNull(plan.has_media, (values) => values.has_media),
    polygon: plan.polygon && {
      geojson: param((values: ListPlan) => values.polygon!.geojson),
      box: box((values) => values.polygon!.box),
    },
    searchText: unlessNull(plan.searchText, (values) => values.searchText),
    service_codes: oneOf('service_codes'),
    statuses: oneOf('statuses'),
    detailed_statuses: oneOf('detailed_statuses'),
    plain_statuses: oneOf('plain_statuses'),
    agencies: oneOf('agencies'),
    channels: oneOf('channels'),
    circle: plan.circle && {
      lat: param((values: ListPlan) => values.circle!.lat),
      long: param((values: ListPlan) => values.circle!.long),
      radius: param((values: ListPlan) => values.circle!.radius),
      bounds: plan.circle.bounds.map((_, index) => box((values) => values.circle!.bounds[index]!)),
    },
    boxes:
      plan.boxes?.map(({ isDegenerate }, index) => ({
        ...box((values) => values.boxes![index]!),
        isDegenerate,
      })) ?? null,
    area: plan.area && {
      id: param((values: ListPlan) => values.area!.id),
      box: box((values) => values.area!.box),
    },
    after: plan.after && {
      at: param((values: ListPlan) => values.after!.at),
      service_request_id: param((values: ListPlan) => values.after!.service_request_id),
    },
  }
  return [written, reach]
}
