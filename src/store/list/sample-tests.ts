import booleanPointInPolygon from '@turf/boolean-point-in-polygon'
import type { MultiPolygon, Polygon } from 'geojson'
import { type Box, METRES_PER_DEGREE } from '../../standard/geography.js'
import type { ListConditions } from './list-plan.js'
import type { SampledRow } from './selectivity-sample.js'

/** A condition of a list, applied to a sampled row. */
export type SampleTest = (row: SampledRow) => boolean

/** Longest GeoJSON text of a polygon that is tested point by point; no row matches a longer one. */
const MAX_TESTED_POLYGON_LENGTH = 2000

/** All conditions except those on time, the cheapest first. */
export function buildSampleTests(plan: ListConditions): SampleTest[] {
  const { service_codes, statuses, detailed_statuses, plain_statuses, agencies, channels, has_media } = plan
  const isDetailed = matchesAny(detailed_statuses, (row) => row.detailed_status)
  const isPlain = matchesAny(plain_statuses, (row) => (row.detailed_status === null ? row.status : null))
  const hasStatusFilter = detailed_statuses.length + plain_statuses.length > 0
  return [
    ...buildSpatialTests(plan),
    ...(service_codes.length ? [matchesAny(service_codes, (row) => row.service_code)] : []),
    ...(statuses.length ? [matchesAny(statuses, (row) => row.status)] : []),
    ...(hasStatusFilter ? [(row: SampledRow) => isDetailed(row) || isPlain(row)] : []),
    ...(agencies.length ? [matchesAny(agencies, (row) => row.agency_responsible)] : []),
    ...(channels.length ? [matchesAny(channels, (row) => row.channel)] : []),
    ...(has_media === null ? [] : [(row: SampledRow) => row.has_media === has_media]),
  ]
}

function matchesAny(values: readonly string[], read: (row: SampledRow) => string | null): SampleTest {
  return (row) => {
    const value = read(row)
    return value !== null && values.includes(value)
  }
}

/** Spatial conditions; approximate, with rather too few matches than too many. */
export function buildSpatialTests({ circle, boxes, polygon, area }: ListConditions): SampleTest[] {
  const tests: SampleTest[] = []
  if (boxes) tests.push(insideAnyBox(boxes))
  if (circle) {
    const latRadius = (circle.radius / METRES_PER_DEGREE) * 0.98
    const longRadius = latRadius / Math.max(Math.cos((circle.lat * Math.PI) / 180), 1e-9)
    tests.push(
      ({ lat, long }) =>
        ((lat! - circle.lat) / latRadius) ** 2 + ((long! - circle.long) / longRadius) ** 2 <= 1,
    )
  }
  if (area) tests.push(insideAnyBox([area.box]), (row) => row.area_ids.includes(area.id))
  if (polygon) {
    tests.push(insideAnyBox([polygon.box]))
    if (polygon.geojson.length > MAX_TESTED_POLYGON_LENGTH) tests.push(() => false)
    else {
      const geometry = JSON.parse(polygon.geojson) as Polygon | MultiPolygon
      tests.push(({ lat, long }) => booleanPointInPolygon([long!, lat!], geometry))
    }
  }
  return [({ lat, long }) => lat !== null && long !== null, ...tests]
}

function insideAnyBox(boxes: readonly Box[]): SampleTest {
  return ({ lat, long }) =>
    boxes.some(
      ({ west, south, east, north }) => lat! >= south && lat! <= north && long! >= west && long! <= east,
    )
}
