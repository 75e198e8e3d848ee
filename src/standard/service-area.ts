import booleanPointInPolygon from '@turf/boolean-point-in-polygon'
import type { Jurisdiction, Service } from './catalog.js'
import type { Point } from './geography.js'
import type { RuleId } from './refusal.js'

/** The rule that a location breaks, and its description for the client. */
export interface UnservedReason {
  rule: RuleId
  description: string
}

/** returns null if the jurisdiction accepts service requests at the point. */
export function findOutsideReason({ lat, long }: Point, jurisdiction: Jurisdiction): UnservedReason | null {
  const { name, boundary, refuse_outside } = jurisdiction
  if (!boundary || !refuse_outside || booleanPointInPolygon([long, lat], boundary)) return null
  return { rule: 'A-25', description: `lat and long are outside the area that ${name} serves.` }
}

/** EXT-23: returns null if the service is offered at the point. */
export function findNotOfferedReason(
  { lat, long }: Point,
  service: Service,
  { areas }: Jurisdiction,
): UnservedReason | null {
  if (service.areas.length === 0) return null
  const isOffered = service.areas.some((name) => {
    const polygon = areas.get(name)?.polygon
    return polygon && booleanPointInPolygon([long, lat], polygon)
  })
  if (isOffered) return null
  return { rule: 'EXT-23', description: `${service.service_name} is not offered at lat and long.` }
}
