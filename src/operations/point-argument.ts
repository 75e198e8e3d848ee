import booleanPointInPolygon from '@turf/boolean-point-in-polygon'
import { z } from 'zod'
import { degrees, parseArguments } from '../http/arguments.js'
import type { Arguments } from '../http/request.js'
import type { Jurisdiction, Service } from '../standard/catalog.js'
import { Faults, type RuleId } from '../standard/refusal.js'

/** WGS84 degrees. */
export interface Point {
  lat: number
  long: number
}

/** Arguments of a point. */
export const pointArguments = { lat: degrees(90), long: degrees(180) }

const coordinates = z.object(pointArguments)

/** The point a call names, which is told by both coordinates or not at all; null: none. */
export function readPoint(said: Arguments, rule: RuleId): Point | null {
  const faults = new Faults()
  const { lat, long } = parseArguments(coordinates, said, rule, faults)
  if (said.has('lat') !== said.has('long')) {
    faults.add(
      rule,
      400,
      `${said.has('lat') ? 'long' : 'lat'} was not provided: lat and long are needed together.`,
    )
  }
  faults.refuse()
  return lat === undefined || long === undefined ? null : { lat, long }
}

/** Why nothing is done at a place: the rule, and what people are told. */
export interface UnservedReason {
  rule: RuleId
  description: string
}

/** null if the jurisdiction takes service requests at the place. */
export function findOutsideReason({ lat, long }: Point, jurisdiction: Jurisdiction): UnservedReason | null {
  const { name, boundary, refuse_outside } = jurisdiction
  if (!boundary || !refuse_outside || booleanPointInPolygon([long, lat], boundary)) return null
  return { rule: 'A-25', description: `lat and long are outside the area that ${name} serves.` }
}

/** EXT-23: null if the service is offered at the place. */
export function findNotOfferedReason(
  { lat, long }: Point,
  service: Service,
  { areas }: Jurisdiction,
): UnservedReason | null {
  const isThere = service.areas.some((name) => {
    const polygon = areas.get(name)?.polygon
    return polygon && booleanPointInPolygon([long, lat], polygon)
  })
  if (service.areas.length === 0 || isThere) return null
  return { rule: 'EXT-23', description: `${service.service_name} is not offered at lat and long.` }
}
