import type { z } from 'zod'
import { argumentDocs, withDescription } from '../http/argument-docs.js'
import { brokenRule, degrees, singleValue } from '../http/arguments.js'
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

/** The largest radius, in metres. */
const MAX_RADIUS = 100_000

/** The places a list is about; all that are given hold together. */
export interface SpatialFilters {
  circle: QueryCircle | null
  /** A box, or its halves on both sides of the antimeridian. */
  boxes: QueryBox[] | null
  /** GeoJSON text, and a box around it. */
  polygon: { geojson: string; box: Box } | null
  area: Pick<Area, 'id' | 'box'> | null
}

/** An area nobody knows, which holds nothing. */
const EMPTY_AREA = { id: 0, box: { west: 0, south: 0, east: 0, north: 0 } }

/** EXT-10 to EXT-13: arguments that say where. A polygon has at most `longestPolygon` characters. */
export const spatialArguments = (longestPolygon: number) => ({
  lat: withDescription(degrees(90), 'Latitude in WGS84 degrees. Requires long and radius.'),
  long: withDescription(degrees(180), 'Longitude in WGS84 degrees. Requires lat and radius.'),
  radius: singleValue
    .transform((given, context) => {
      if (given === undefined) return undefined
      const metres = parseNumber(given)
      if (metres !== null && metres >= 0 && metres <= MAX_RADIUS) return metres
      context.addIssue(brokenRule(`is not a number of metres from 0 to ${MAX_RADIUS}`, 'EXT-10'))
      return undefined
    })
    .register(argumentDocs, {
      type: 'number',
      minimum: 0,
      maximum: MAX_RADIUS,
      description: 'Radius around lat and long, in metres. Requires lat and long.',
    }),
  bbox: singleValue
    .transform((given, context) => {
      if (given === undefined) return undefined
      const corners = given.split(/[,;]/).map(parseNumber)
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
    .transform((given, context) => {
      if (given === undefined) return undefined
      const read = parsePolygon(given, longestPolygon)
      if (!('fault' in read)) return read
      context.addIssue(brokenRule(read.fault, 'EXT-12'))
      return undefined
    })
    .register(argumentDocs, {
      type: 'string',
      maxLength: longestPolygon,
      description: 'Polygon as GeoJSON or WKT, longitude first, at most 2,000 corners.',
    }),
  area: singleValue
    .transform((given, context) => {
      if (given === undefined) return undefined
      if (/^[a-z][a-z0-9_-]*:./s.test(given.trim())) return given.trim()
      context.addIssue(brokenRule('is not TYPE:ID, such as ward:3', 'EXT-13'))
      return undefined
    })
    .register(argumentDocs, {
      type: 'string',
      description: 'Area as TYPE:ID, for example ward:3.',
      pattern: '^[a-z][a-z0-9_-]*:.',
    }),
})

type SpatialArguments = Partial<z.output<z.ZodObject<ReturnType<typeof spatialArguments>>>>

/** Puts the arguments together; lat, long and radius are needed together (EXT-10). `given` tells which were said. */
export function readSpatialFilters(
  read: SpatialArguments,
  given: { has(name: string): boolean },
  { areas }: Pick<Jurisdiction, 'areas'>,
  faults: Faults,
): SpatialFilters {
  const circle = ['lat', 'long', 'radius']
  const missing = circle.filter((name) => !given.has(name))
  if (missing.length > 0 && missing.length < circle.length) {
    const what = `${missing.join(' and ')} ${missing.length > 1 ? 'were' : 'was'} not provided`
    faults.add('EXT-10', 400, `${what}: lat, long and radius are needed together.`)
  }
  const { lat, long, radius, bbox, polygon, area } = read
  const isCircle = lat !== undefined && long !== undefined && radius !== undefined
  const near = isCircle ? toQueryCircle({ lat, long, radius }) : null
  return {
    circle: near,
    boxes: bbox?.map(toQueryBox) ?? null,
    polygon: polygon ?? null,
    area: area === undefined ? null : (areas.get(area) ?? EMPTY_AREA),
  }
}
