import type { z } from 'zod'
import { saidAs } from '../http/argument-docs.js'
import { broken, degrees, once } from '../http/arguments.js'
import type { Area, Jurisdiction } from '../standard/catalog.js'
import {
  type AskedBox,
  type AskedCircle,
  askedBox,
  askedCircle,
  type Box,
  boxesOfCorners,
} from '../standard/geography.js'
import type { Faults } from '../standard/refusal.js'
import { parseNumber } from '../standard/text.js'
import { polygonFrom } from './parse-polygon.js'

/** The largest radius, in metres. */
const WIDEST = 100_000

/** The places a list is about; all that are given hold together. */
export interface Where {
  near: AskedCircle | null
  /** A box, or its halves on both sides of the antimeridian. */
  boxes: AskedBox[] | null
  /** GeoJSON text, and a box around it. */
  polygon: { geojson: string; box: Box } | null
  area: Pick<Area, 'id' | 'box'> | null
}

/** An area nobody knows, which holds nothing. */
const NOWHERE = { id: 0, box: { west: 0, south: 0, east: 0, north: 0 } }

/** EXT-10 to EXT-13: arguments that say where. A polygon has at most `longestPolygon` characters. */
export const whereArguments = (longestPolygon: number) => ({
  lat: degrees(90),
  long: degrees(180),
  radius: once
    .transform((given, context) => {
      if (given === undefined) return undefined
      const metres = parseNumber(given)
      if (metres !== null && metres >= 0 && metres <= WIDEST) return metres
      context.addIssue(broken(`is not a number of metres from 0 to ${WIDEST}`, 'EXT-10'))
      return undefined
    })
    .register(saidAs, {
      type: 'number',
      minimum: 0,
      maximum: WIDEST,
      description: 'metres around lat and long',
    }),
  bbox: once
    .transform((given, context) => {
      if (given === undefined) return undefined
      const corners = given.split(/[,;]/).map(parseNumber)
      const [x1, y1, x2, y2] = corners
      const isBox =
        corners.length === 4 &&
        [x1, x2].every((x) => x != null && Math.abs(x) <= 180) &&
        [y1, y2].every((y) => y != null && Math.abs(y) <= 90)
      if (isBox) return boxesOfCorners([x1!, y1!, x2!, y2!])
      context.addIssue(broken('is not west,south,east,north in degrees', 'EXT-11'))
      return undefined
    })
    .register(saidAs, { type: 'string', description: 'west,south,east,north' }),
  polygon: once
    .transform((given, context) => {
      if (given === undefined) return undefined
      const read = polygonFrom(given, longestPolygon)
      if (!('fault' in read)) return read
      context.addIssue(broken(read.fault, 'EXT-12'))
      return undefined
    })
    .register(saidAs, { type: 'string', maxLength: longestPolygon, description: 'GeoJSON or WKT' }),
  area: once
    .transform((given, context) => {
      if (given === undefined) return undefined
      if (/^[a-z][a-z0-9_-]*:./s.test(given.trim())) return given.trim()
      context.addIssue(broken('is not TYPE:ID, such as ward:3', 'EXT-13'))
      return undefined
    })
    .register(saidAs, { type: 'string', description: 'TYPE:ID', pattern: '^[a-z][a-z0-9_-]*:.' }),
})

type Said = Partial<z.output<z.ZodObject<ReturnType<typeof whereArguments>>>>

/** Puts the arguments together; lat, long and radius are needed together (EXT-10). `given` tells which were said. */
export function whereOf(
  read: Said,
  given: { has(name: string): boolean },
  { areas }: Pick<Jurisdiction, 'areas'>,
  faults: Faults,
): Where {
  const circle = ['lat', 'long', 'radius']
  const missing = circle.filter((name) => !given.has(name))
  if (missing.length > 0 && missing.length < circle.length) {
    const what = `${missing.join(' and ')} ${missing.length > 1 ? 'were' : 'was'} not provided`
    faults.add('EXT-10', 400, `${what}: lat, long and radius are needed together.`)
  }
  const { lat, long, radius, bbox, polygon, area } = read
  const isCircle = lat !== undefined && long !== undefined && radius !== undefined
  const near = isCircle ? askedCircle({ lat, long, radius }) : null
  return {
    near,
    boxes: bbox?.map(askedBox) ?? null,
    polygon: polygon ?? null,
    area: area === undefined ? null : (areas.get(area) ?? NOWHERE),
  }
}
