import { z } from 'zod'
import { presentExtendedAttributes } from '../documents/present-extended-attributes.js'
import type { ExtendedServiceRequest } from '../documents/rows.js'
import { serviceRequests } from '../documents/service-requests.js'
import { refuse } from '../standard/refusal.js'
import { findCachedServiceRequests } from '../store/list/row-cache.js'
import { findServiceRequest } from '../store/service-requests/public-service-requests.js'
import { extendedArguments, readExtensions } from './extensions-argument.js'
import { defineOperation } from './operation.js'

/**
 * GET service request (GR-ONE-01 to 03): by id, whatever its age; ids are opaque (GR-ONE-06). The path
 * is plural and the document a list of one.
 */
export const getServiceRequest = defineOperation({
  name: 'GET service request',
  method: 'GET',
  path: '/requests/:id{.+}',
  summary: 'Returns one service request.',
  arguments: z.object(extendedArguments),
  document: serviceRequests,
  plan: ({ jurisdiction, endpoint, id, args }) => ({
    jurisdiction_id: jurisdiction.jurisdiction_id,
    endpoint,
    service_request_id: id,
    jurisdiction,
    // EXT-19: filters of lists are ignored here.
    isExtended: readExtensions(args),
  }),
  query: async (plan, { store }) => {
    const { jurisdiction_id, endpoint, service_request_id, jurisdiction, isExtended } = plan
    const ids = { jurisdiction_id, endpoint, service_request_ids: [service_request_id] }
    // Most service requests were in a list before, so that they are in the row cache.
    const cached = isExtended ? null : await findCachedServiceRequests(store, ids)
    if (cached && cached.rows.length > 0) return { value: cached }
    const row = await findServiceRequest(store, plan)
    // GR-ONE-04, A-09; also for private ones (GR-ONE-05, A-61).
    if (!row) refuse('GR-ONE-04', 404, 'service_request_id was not found.')
    return {
      value: [isExtended ? presentExtendedAttributes(row as ExtendedServiceRequest, jurisdiction) : row],
    }
  },
})
