import { z } from 'zod'
import { withDescription } from '../http/argument-docs.js'
import { degrees, parseArguments } from '../http/arguments.js'
import type { Arguments } from '../http/request.js'
import type { Point } from '../standard/geography.js'
import { Faults, type RuleId } from '../standard/refusal.js'

/** Arguments of a point. */
export const pointArguments = {
  lat: withDescription(degrees(90), 'Latitude in WGS84 degrees. Requires long.'),
  long: withDescription(degrees(180), 'Longitude in WGS84 degrees. Requires lat.'),
}

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
