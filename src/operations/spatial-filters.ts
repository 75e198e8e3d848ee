import type { z } from 'zod'
import { argumentDocs, withDescription } from '../http/argument-docs.js'
import { brokenRule, degrees, singleValue } from '../http/arguments.js'
import type { Arguments } from '../http/request.js'
import type { Area, Jurisdiction } from '../standard/catalog.js'
import {
  type Box,
  boxesFromCorners,
  type QueryBox,
  type QueryCircle,
  toQueryBox,
  toQueryCircle,
} from '../standard/geography.js'
import type { Faults } from '../standard/refusal.js'
import { parseNumber } from '../standard/text.js'
import { parsePolygon } from './parse-polygon.js'

const MAX_RADIUS_METRES = 100_000

/** Spatial filters of a list; a row has to match all of them. Null: no filter. */
export interface SpatialFilters {
  circle: QueryCircle | null
  /** A box, or its two halves if it crosses the antimeridian. */
  boxes: QueryBox[] | null
  /** GeoJSON text with its bounding box. */
  polygon: { geojson: string; box: Box } | null
  area: Pick<Area, 'id' | 'box'> | null
}

/** Matches no row: the filter for an unknown area. */
const EMPTY_AREA = { id: 0, box: { west: 0, south: 0, east: 0, north: 0 } }

/** EXT-10 to EXT-13. A polygon has at most `maxPolygonLength` characters. */
export const spatialArguments = (maxPolygonLength: number) => ({
  lat: withDescription(degrees(90), 'Latitude in WGS84 degrees. Requires long and radius.'),
  long: withDescription(degrees(180), 'Longitude in WGS84 degrees. Requires lat and radius.'),
  radius: singleValue
    .transform((value, context) => {
      if (value === undefined) return undefined
      const metres = parseNumber(value)
      if (metres !== null && metres >= 0 && metres <= MAX_RADIUS_METRES) return metres
      context.addIssue(brokenRule(`is not a number of metres from 0 to ${MAX_RADIUS_METRES}`, 'EXT-10'))
      return undefined
    })
    .register(argumentDocs, {
      type: 'number',
      minimum: 0,
      maximum: MAX_RADIUS_METRES,
      description: 'Radius around lat and long, in metres. Requires lat and long.',
    }),
  bbox: singleValue
    .transform((value, context) => {
      if (value === undefined) return undefined
      const corners = value.split(/[,;]/).map(parseNumber)
      const [x1, y1, x2, y2] = corners
      const isBox =
        corners.length === 4 &&
        [x1, x2].every((x) => x != null && Math.abs(x) <= 180) &&
        [y1, y2].every((y) => y != null && Math.abs(y) <= 90)
      if (isBox) return boxesFromCorners([x1!, y1!, x2!, y2!])
      context.addIssue(brokenRule('is not west,south,east,north in degrees', 'EXT-11'))
      return undefined
    })
    .register(argumentDocs, {
      type: 'string',
      description: 'Bounding box in WGS84 degrees: west,south,east,north.',
    }),
  polygon: singleValue
    .transform((value, context) => {
      if (value === undefined) return undefined
      const parsed = parsePolygon(value, maxPolygonLength)
      if (!('fault' in parsed)) return parsed
      context.addIssue(brokenRule(parsed.fault, 'EXT-12'))
      return undefined
    })
    .register(argumentDocs, {
      type: 'string',
      maxLength: maxPolygonLength,
      description: 'Polygon as GeoJSON or WKT, longitude first, at most 2,000 corners.',
    }),
  area: singleValue
    .transform((value, context) => {
      if (value === undefined) return undefined
      if (/^[a-z][a-z0-9_-]*:./s.test(value.trim())) return value.trim()
      context.addIssue(brokenRule('is not TYPE:ID, such as ward:3', 'EXT-13'))
      return undefined
    })
    .register(argumentDocs, {
      type: 'string',
      description: 'Area as TYPE:ID, for example ward:3.',
      pattern: '^[a-z][a-z0-9_-]*:.',
    }),
})

type SpatialValues = Partial<z.output<z.ZodObject<ReturnType<typeof spatialArguments>>>>

/**
 * Combines the parsed values. lat, long and radius require each other (EXT-10): `args` shows which of
 * them are present.
 */
export function readSpatialFilters(
  { lat, long, radius, bbox, polygon, area }: SpatialValues,
  args: Pick<Arguments, 'has'>,
  { areas }: Pick<Jurisdiction, 'areas'>,
  faults: Faults,
): SpatialFilters {
  const circle = ['lat', 'long', 'radius']
  const missing = circle.filter((name) => !args.has(name))
  if (missing.length > 0 && missing.length < circle.length) {
    const verb = missing.length > 1 ? 'were' : 'was'
    const problem = `${missing.join(' and ')} ${verb} not provided`
    faults.add('EXT-10', 400, `${problem}: lat, long and radius are needed together.`)
  }
  const hasCircle = lat !== undefined && long !== undefined && radius !== undefined
  return {
    circle: hasCircle ? toQueryCircle({ lat, long, radius }) : null,
    boxes: bbox?.map(toQueryBox) ?? null,
    polygon: polygon ?? null,
    area: area === undefined ? null : (areas.get(area) ?? EMPTY_AREA),
  }
}
