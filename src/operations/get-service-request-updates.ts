import { z } from 'zod'
import { serviceRequestUpdates } from '../documents/service-request-updates.js'
import { withDescription } from '../http/argument-docs.js'
import { datetime, parseArguments } from '../http/arguments.js'
import { toEndpointScope } from '../http/endpoint-scope.js'
import { Faults, refuse } from '../standard/refusal.js'
import { listUpdates, MAX_UPDATES } from '../store/events/list-updates.js'
import { resolveDateWindow } from './date-window.js'
import { defineOperation } from './operation.js'

const schema = z.object({
  start_date: withDescription(datetime('start'), 'Start of the period, included.'),
  end_date: withDescription(datetime('end'), 'End of the period, included.'),
})

/**
 * GET service request updates (EXT-32), as FixMyStreet requests them: the updates
 * published in a period, oldest first. A period with too many updates is refused, because the response
 * has no pages.
 */
export const getServiceRequestUpdates = defineOperation({
  name: 'GET service request updates',
  method: 'GET',
  path: '/servicerequestupdates',
  summary: 'Lists service request updates of a period, oldest first, in the form that FixMyStreet reads.',
  arguments: schema,
  document: serviceRequestUpdates,
  plan: (request) => {
    const faults = new Faults()
    const period = parseArguments(schema, request.args, 'EXT-32', faults)
    faults.refuse()
    return { ...toEndpointScope(request), ...resolveDateWindow(period, request) }
  },
  query: async (plan, { store }) => {
    const updates = await listUpdates(store, plan)
    if (!updates) {
      const limits = `${MAX_UPDATES.rows} updates or ${MAX_UPDATES.bytes} bytes of text`
      refuse('EXT-32', 400, `There are more than ${limits}: ask for a shorter period.`)
    }
    return {
      value: updates.map((update) => ({ ...update, fixmystreet_id: update.fixmystreet_id ?? undefined })),
    }
  },
})
