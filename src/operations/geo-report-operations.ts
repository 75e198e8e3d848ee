import { getAreas } from './get-areas.js'
import { getChanges } from './get-changes.js'
import { getPreflight } from './get-preflight.js'
import { getServiceDefinition } from './get-service-definition.js'
import { getServiceDefinitions } from './get-service-definitions.js'
import { getServiceList } from './get-service-list.js'
import { getServiceRequest } from './get-service-request.js'
import { getServiceRequestIdFromToken } from './get-service-request-id-from-token.js'
import { getServiceRequestUpdates } from './get-service-request-updates.js'
import { getServiceRequests } from './get-service-requests.js'
import { getServiceSchema } from './get-service-schema.js'
import { getUpdatesOfServiceRequest } from './get-updates-of-service-request.js'
import type { Operation } from './operation.js'
import { postSearch } from './post-search.js'
import { postServiceRequest } from './post-service-request.js'
import { postServiceRequestUpdate } from './post-service-request-update.js'

/**
 * All operations: the methods of the standard (GR-GEN-01) and of the extensions. The first match of a
 * path wins.
 */
export const operations: readonly Operation[] = [
  getServiceList,
  getServiceSchema, // before getServiceDefinition, whose id takes the rest of the path
  getServiceDefinition,
  postServiceRequest,
  getServiceRequestIdFromToken,
  getServiceRequests,
  getUpdatesOfServiceRequest, // before getServiceRequest, whose id takes the rest of the path
  getServiceRequest,
  getServiceDefinitions,
  postSearch,
  getAreas,
  getPreflight,
  getServiceRequestUpdates,
  getChanges,
  postServiceRequestUpdate,
]
