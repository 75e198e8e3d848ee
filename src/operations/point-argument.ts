import { z } from 'zod'
import { withDescription } from '../http/argument-docs.js'
import { degrees, parseArguments } from '../http/arguments.js'
import type { Arguments } from '../http/request.js'
import type { Point } from '../standard/geography.js'
import { Faults, type RuleId } from '../standard/refusal.js'

export const pointArguments = {
  lat: withDescription(degrees(90), 'Latitude in WGS84 degrees. Requires long.'),
  long: withDescription(degrees(180), 'Longitude in WGS84 degrees. Requires lat.'),
}

const schema = z.object(pointArguments)

/** Reads lat and long; null: neither is given. Refuses one without the other by `rule`. */
export function readPoint(args: Arguments, rule: RuleId): Point | null {
  const faults = new Faults()
  const { lat, long } = parseArguments(schema, args, rule, faults)
  if (args.has('lat') !== args.has('long')) {
    faults.add(
      rule,
      400,
      `${args.has('lat') ? 'long' : 'lat'} was not provided: lat and long are needed together.`,
    )
  }
  faults.refuse()
  return lat === undefined || long === undefined ? null : { lat, long }
}
