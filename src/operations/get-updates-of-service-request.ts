import { z } from 'zod'
import { serviceRequestUpdates } from '../documents/service-request-updates.js'
import { argumentDocs } from '../http/argument-docs.js'
import { brokenRule, parseArguments, singleValue } from '../http/arguments.js'
import { toEndpointScope } from '../http/endpoint-scope.js'
import { isUuid } from '../standard/events.js'
import { Faults, refuse } from '../standard/refusal.js'
import { listServiceRequestUpdates } from '../store/events/list-updates.js'
import { defineOperation } from './operation.js'

const schema = z.object({
  before: singleValue
    .transform((value, context) => {
      if (value !== undefined && !isUuid(value.trim()))
        context.addIssue(brokenRule('is not the update_id of an update', 'EXT-34'))
      return value?.trim()
    })
    .register(argumentDocs, {
      type: 'string',
      format: 'uuid',
      description: 'update_id: returns only the updates before it.',
    }),
})

/**
 * EXT-34: the newest updates of one service request, oldest first; `Link` has the page before them.
 * Updates of service requests that are not public are not found.
 */
export const getUpdatesOfServiceRequest = defineOperation({
  name: 'GET updates of a service request',
  method: 'GET',
  path: '/requests/:id{.+}/updates',
  summary: 'Lists the updates of one service request, oldest first.',
  arguments: schema,
  document: serviceRequestUpdates,
  plan: (request) => {
    const { args } = request
    const faults = new Faults()
    const { before = null } = parseArguments(schema, args, 'EXT-34', faults)
    faults.refuse()
    const [jurisdiction_id] = args.get('jurisdiction_id') ?? []
    return {
      ...toEndpointScope(request),
      service_request_id: request.id,
      before,
      repeatedArguments: jurisdiction_id === undefined ? {} : { jurisdiction_id },
    }
  },
  query: async (plan, { store }) => {
    const page = await listServiceRequestUpdates(store, plan)
    if (!page) refuse('EXT-34', 404, 'service_request_id was not found.')
    const { updates, isCut } = page
    if (!isCut) return { value: updates }
    const previous = new URLSearchParams({
      ...plan.repeatedArguments,
      before: String(updates[0]!.update_id),
    })
    return { value: updates, headers: { link: `<?${previous}>; rel="prev"` } }
  },
})
