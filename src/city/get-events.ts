import { z } from 'zod'
import { whole } from '../http/arguments.js'
import { trailAfter, trailOf } from '../store/events/audit-trail.js'
import { byNumber, notFound, ONE, whichOf } from './locator.js'
import { cityOperation } from './operation.js'
import { limit, rowsOf } from './paging.js'
import { event } from './schemas.js'

/** EXT-45: everything that happened to a service request, and who did it. */
export const getServiceRequestEvents = cityOperation({
  name: 'GET events of a service request',
  summary: 'Everything that happened to a service request and who did it, the oldest first.',
  method: 'GET',
  path: `${ONE}/events`,
  scope: 'read_private',
  query: byNumber,
  value: z.object({ events: z.array(event) }),
  plan: whichOf,
  answer: async (which, { store }) => ({
    value: { events: (await trailOf(store, which)) ?? notFound() },
  }),
})

/** EXT-45: everything that happened, in an order without gaps: who asks on from `next` misses nothing. */
export const getEvents = cityOperation({
  name: 'GET events',
  summary: 'Everything that happened after a position, in order, also what the public does not see.',
  method: 'GET',
  path: '/events',
  scope: 'read_private',
  query: z.object({ after: whole(0, Number.MAX_SAFE_INTEGER, 'EXT-45'), limit }),
  value: z.object({
    events: z.array(event),
    next: z.int().meta({ description: 'the position to ask after the next time' }),
  }),
  plan: ({ query, jurisdiction, endpoint }) => ({
    jurisdiction_id: jurisdiction.jurisdiction_id,
    endpoint,
    after: query.after ?? 0,
    rows: rowsOf(query.limit),
  }),
  answer: async (plan, { store }) => {
    const events = await trailAfter(store, plan)
    return { value: { events, next: events.at(-1)?.position ?? plan.after } }
  },
})
