import { z } from 'zod'
import { presentExtendedAttributes } from '../documents/present-extended-attributes.js'
import type { ExtendedServiceRequest } from '../documents/rows.js'
import { serviceRequests } from '../documents/service-requests.js'
import { refuse } from '../standard/refusal.js'
import { findCachedServiceRequests } from '../store/list/row-cache.js'
import { findServiceRequest } from '../store/service-requests/public-service-requests.js'
import { extendedArguments, readExtensions } from './extensions-argument.js'
import { operation } from './operation.js'

/**
 * GET service request (GR-ONE-01 to 03): by id, however old it is; ids are opaque (GR-ONE-06). The path is plural and
 * the answer a list of one.
 */
export const getServiceRequest = operation({
  name: 'GET service request',
  method: 'GET',
  path: '/requests/:id{.+}',
  summary: 'Returns one service request.',
  arguments: z.object(extendedArguments),
  document: serviceRequests,
  plan: (call) => ({
    jurisdiction_id: call.jurisdiction.jurisdiction_id,
    endpoint: call.endpoint,
    service_request_id: call.id,
    jurisdiction: call.jurisdiction,
    // EXT-19: whatever else it says, a filter means nothing here.
    isExtended: readExtensions(call.args),
  }),
  query: async (plan, { store }) => {
    // Most that are looked at were in a list before.
    const { jurisdiction_id, endpoint, service_request_id } = plan
    const ids = { jurisdiction_id, endpoint, service_request_ids: [service_request_id] }
    const known = plan.isExtended ? null : await findCachedServiceRequests(store, ids)
    if (known && known.rows.length > 0) return { value: known }
    const found = await findServiceRequest(store, plan)
    // GR-ONE-04, A-09; a private one is not found either (GR-ONE-05, A-61).
    if (!found) refuse('GR-ONE-04', 404, 'service_request_id was not found.')
    return {
      value: [
        plan.isExtended
          ? presentExtendedAttributes(found as ExtendedServiceRequest, plan.jurisdiction)
          : found,
      ],
    }
  },
})
