import { z } from 'zod'
import { serviceRequestUpdates } from '../documents/service-request-updates.js'
import { argumentDocs } from '../http/argument-docs.js'
import { brokenRule, parseArguments, singleValue } from '../http/arguments.js'
import { isUuid } from '../standard/events.js'
import { Faults, refuse } from '../standard/refusal.js'
import { listServiceRequestUpdates } from '../store/events/list-updates.js'
import { operation } from './operation.js'

const shape = z.object({
  before: singleValue
    .transform((given, context) => {
      if (given !== undefined && !isUuid(given.trim()))
        context.addIssue(brokenRule('is not the update_id of an update', 'EXT-34'))
      return given?.trim()
    })
    .register(argumentDocs, {
      type: 'string',
      format: 'uuid',
      description: 'update_id: returns only the updates before it.',
    }),
})

/**
 * EXT-34: what was said of one service request, the oldest first: the newest of it, with a link to what was said before.
 * What nobody may see is not found.
 */
export const getUpdatesOfServiceRequest = operation({
  name: 'GET updates of a service request',
  method: 'GET',
  path: '/requests/:id{.+}/updates',
  summary: 'Lists the updates of one service request, oldest first.',
  arguments: shape,
  document: serviceRequestUpdates,
  plan: (call) => {
    const faults = new Faults()
    const { before = null } = parseArguments(shape, call.args, 'EXT-34', faults)
    faults.refuse()
    const [said] = call.args.get('jurisdiction_id') ?? []
    return {
      jurisdiction_id: call.jurisdiction.jurisdiction_id,
      endpoint: call.endpoint,
      service_request_id: call.id,
      before,
      query: said === undefined ? {} : { jurisdiction_id: said },
    }
  },
  query: async (plan, { store }) => {
    const found = await listServiceRequestUpdates(store, plan)
    if (!found) refuse('EXT-34', 404, 'service_request_id was not found.')
    const { updates, isCut } = found
    if (!isCut) return { value: updates }
    const earlier = new URLSearchParams({ ...plan.query, before: String(updates[0]!.update_id) })
    return { value: updates, headers: { link: `<?${earlier}>; rel="prev"` } }
  },
})
