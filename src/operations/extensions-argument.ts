import { z } from 'zod'
import { withDescription } from '../http/argument-docs.js'
import { boolean, parseArguments } from '../http/arguments.js'
import type { Arguments } from '../http/request.js'
import { Faults } from '../standard/refusal.js'

/** EXT-19 */
export const extendedArguments = {
  extensions: withDescription(boolean, 'true: adds extended_attributes to each service request.'),
}

const schema = z.object(extendedArguments)

/** Whether the client requests extended attributes (EXT-19). Throws a refusal for an invalid value. */
export function readExtensions(args: Arguments): boolean {
  const faults = new Faults()
  const { extensions } = parseArguments(schema, args, 'EXT-19', faults)
  faults.refuse()
  return extensions ?? false
}
