import { z } from 'zod'
import { withDescription } from '../http/argument-docs.js'
import { integer } from '../http/arguments.js'
import { toEndpointScope } from '../http/endpoint-scope.js'
import { listEventsAfter, listServiceRequestEvents } from '../store/events/audit-trail.js'
import {
  locatorArguments,
  readLocator,
  refuseUnknownServiceRequest,
  SERVICE_REQUEST_PATH,
} from './locator.js'
import { defineCityOperation } from './operation.js'
import { limit, resolveLimit } from './paging.js'
import { event } from './schemas.js'

/** EXT-45: the audit trail of a service request. */
export const getServiceRequestEvents = defineCityOperation({
  name: 'GET events of a service request',
  summary: 'Lists all events of a service request with their authors, oldest first.',
  method: 'GET',
  path: `${SERVICE_REQUEST_PATH}/events`,
  scope: 'read_private',
  arguments: locatorArguments,
  result: z.object({ events: z.array(event) }),
  plan: readLocator,
  query: async (locator, { store }) => ({
    value: { events: (await listServiceRequestEvents(store, locator)) ?? refuseUnknownServiceRequest() },
  }),
})

/** EXT-45: all events in order of position, without gaps: pages by `next` omit no event. */
export const getEvents = defineCityOperation({
  name: 'GET events',
  summary: 'Lists all events after a position, private ones included, in order.',
  method: 'GET',
  path: '/events',
  scope: 'read_private',
  arguments: z.object({
    after: withDescription(
      integer(0, Number.MAX_SAFE_INTEGER, 'EXT-45'),
      'Position of the last event that the client has. Default: 0, from the first event.',
    ),
    limit,
  }),
  result: z.object({
    events: z.array(event),
    next: z.int().meta({ description: 'Value of after for the next request.' }),
  }),
  plan: ({ arguments: args, jurisdiction, endpoint }) => ({
    ...toEndpointScope({ jurisdiction, endpoint }),
    after: args.after ?? 0,
    rows: resolveLimit(args.limit),
  }),
  query: async (plan, { store }) => {
    const events = await listEventsAfter(store, plan)
    return { value: { events, next: events.at(-1)?.position ?? plan.after } }
  },
})
