import { serviceRequestUpdates } from '../documents/service-request-updates.js'
import { refuse } from '../standard/refusal.js'
import { updatesOf } from '../store/updates.js'
import { operation } from './operation.js'

/** EXT-34: what was said of one service request, the oldest first. What nobody may see is not found. */
export const getUpdatesOfServiceRequest = operation({
  name: 'GET updates of a service request',
  method: 'GET',
  path: '/requests/:id{.+}/updates',
  summary: 'What was said of one service request, the oldest first.',
  document: serviceRequestUpdates,
  plan: (call) => ({
    jurisdiction_id: call.jurisdiction.jurisdiction_id,
    endpoint: call.endpoint,
    service_request_id: call.id,
  }),
  answer: async (plan, store) => ({
    value: (await updatesOf(store, plan)) ?? refuse('EXT-34', 404, 'service_request_id was not found.'),
  }),
})
