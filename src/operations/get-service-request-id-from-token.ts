import { tokenExchange } from '../documents/service-requests.js'
import { toEndpointScope } from '../http/endpoint-scope.js'
import { addDays } from '../standard/datetime.js'
import { refuse } from '../standard/refusal.js'
import { exchangeToken } from '../store/service-requests/tokens.js'
import { defineOperation } from './operation.js'

/**
 * GET service_request_id from a token (GR-TOK-01): for batch services, whose submissions get their id
 * later.
 */
export const getServiceRequestIdFromToken = defineOperation({
  name: 'GET service_request_id from a token',
  method: 'GET',
  path: '/tokens/:id{.+}',
  summary: 'Returns the service_request_id of a token, once it is assigned.',
  document: tokenExchange,
  plan: (request) => ({
    ...toEndpointScope(request),
    token: request.id.trim(),
    resolvedSince: addDays(request.now, -request.limits.tokenDays), // GR-TOK-05
  }),
  query: async (plan, { store }) => {
    const exchanged = await exchangeToken(store, plan)
    if (!exchanged) refuse('GR-TOK-03', 404, 'token was not found.')
    // GR-TOK-04, A-22: without an id, the member is omitted, not null.
    return {
      value: [{ token: plan.token, service_request_id: exchanged.service_request_id ?? undefined }],
    }
  },
})
