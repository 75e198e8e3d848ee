import { tokenExchange } from '../documents/service-requests.js'
import { addDays } from '../standard/datetime.js'
import { refuse } from '../standard/refusal.js'
import { exchangeToken } from '../store/service-requests/tokens.js'
import { operation } from './operation.js'

/** GET service_request_id from a token (GR-TOK-01): for batch services, whose submissions get an id later. */
export const getServiceRequestIdFromToken = operation({
  name: 'GET service_request_id from a token',
  method: 'GET',
  path: '/tokens/:id{.+}',
  summary: 'Returns the service_request_id of a token, once it is assigned.',
  document: tokenExchange,
  plan: (call) => ({
    jurisdiction_id: call.jurisdiction.jurisdiction_id,
    endpoint: call.endpoint,
    token: call.id.trim(),
    resolvedSince: addDays(call.now, -call.limits.tokenDays), // GR-TOK-05
  }),
  query: async (plan, { store }) => {
    const found = await exchangeToken(store, plan)
    if (!found) refuse('GR-TOK-03', 404, 'token was not found.')
    // GR-TOK-04, A-22: no id yet, then the member is left out, not null.
    return { value: [{ token: plan.token, service_request_id: found.service_request_id ?? undefined }] }
  },
})
