import { z } from 'zod'
import { serviceRequestUpdates } from '../documents/service-request-updates.js'
import { withDescription } from '../http/argument-docs.js'
import { datetime, parseArguments } from '../http/arguments.js'
import { Faults, refuse } from '../standard/refusal.js'
import { listUpdates, MAX_UPDATES } from '../store/events/list-updates.js'
import { resolveDateWindow } from './date-window.js'
import { operation } from './operation.js'

const shape = z.object({
  start_date: withDescription(datetime('start'), 'Start of the period, included.'),
  end_date: withDescription(datetime('end'), 'End of the period, included.'),
})

/**
 * GET service request updates (EXT-32, contract 4.3), as FixMyStreet asks for them: what became known in a period, the
 * oldest first. What is told is told whole: a period that holds too much is refused rather than cut.
 */
export const getServiceRequestUpdates = operation({
  name: 'GET service request updates',
  method: 'GET',
  path: '/servicerequestupdates',
  summary: 'Lists service request updates of a period, oldest first, in the form that FixMyStreet reads.',
  arguments: shape,
  document: serviceRequestUpdates,
  plan: (call) => {
    const faults = new Faults()
    const period = parseArguments(shape, call.args, 'EXT-32', faults)
    faults.refuse()
    return {
      jurisdiction_id: call.jurisdiction.jurisdiction_id,
      endpoint: call.endpoint,
      ...resolveDateWindow(period, call),
    }
  },
  query: async (plan, { store }) => {
    const updates = await listUpdates(store, plan)
    if (!updates) {
      const most = `${MAX_UPDATES.rows} updates or ${MAX_UPDATES.bytes} bytes of text`
      refuse('EXT-32', 400, `There are more than ${most}: ask for a shorter period.`)
    }
    return { value: updates.map((each) => ({ ...each, fixmystreet_id: each.fixmystreet_id ?? undefined })) }
  },
})
