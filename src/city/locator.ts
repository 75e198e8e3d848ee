import { z } from 'zod'
import { withDescription } from '../http/argument-docs.js'
import { oneOf } from '../http/arguments.js'
import { toEndpointScope } from '../http/endpoint-scope.js'
import { refuse } from '../standard/refusal.js'
import type { ServiceRequestLocator } from '../store/service-requests/full-service-request.js'
import type { CityRequest } from './operation.js'

/** The path of one service request. */
export const SERVICE_REQUEST_PATH = '/requests/:service_request_id'

/** EXT-41: `by=number` addresses a service request that has no service_request_id. */
export const locatorArguments = z.object({
  by: withDescription(oneOf('number'), 'number: the id in the path is the internal number.'),
})

export type LocatorArguments = Partial<z.output<typeof locatorArguments>>

/** Reads which service request the path names. */
export function readLocator({
  ids,
  arguments: args,
  jurisdiction,
  endpoint,
}: Pick<
  CityRequest<LocatorArguments>,
  'ids' | 'arguments' | 'jurisdiction' | 'endpoint'
>): ServiceRequestLocator {
  const scope = toEndpointScope({ jurisdiction, endpoint })
  const id = ids.service_request_id!
  if (args.by !== 'number') return { ...scope, service_request_id: id }
  if (!/^\d{1,15}$/.test(id)) refuseUnknownServiceRequest()
  return { ...scope, number: Number(id) }
}

/** GR-ERR-05 */
export function refuseUnknownServiceRequest(): never {
  refuse('GR-ERR-05', 404, 'service_request_id was not found.')
}
