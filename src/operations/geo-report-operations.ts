import { getAreas } from './get-areas.js'
import { getChanges } from './get-changes.js'
import { getPreflight } from './get-preflight.js'
import { getServiceDefinition } from './get-service-definition.js'
import { getServiceDefinitions } from './get-service-definitions.js'
import { getServiceList } from './get-service-list.js'
import { getServiceRequest } from './get-service-request.js'
import { getServiceRequestIdFromToken } from './get-service-request-id-from-token.js'
import { getServiceRequestUpdates } from './get-service-request-updates.js'
import { getServiceRequests, searchServiceRequests } from './get-service-requests.js'
import { getServiceSchema } from './get-service-schema.js'
import { getUpdatesOfServiceRequest } from './get-updates-of-service-request.js'
import type { Operation } from './operation.js'
import { postServiceRequest } from './post-service-request.js'
import { postServiceRequestUpdate } from './post-service-request-update.js'

/** The methods of the standard (GR-GEN-01), and of our extensions. */
export const operations: readonly Operation[] = [
  getServiceList,
  getServiceSchema, // before what takes all of the path for an id
  getServiceDefinition,
  postServiceRequest,
  getServiceRequestIdFromToken,
  getServiceRequests,
  getUpdatesOfServiceRequest, // before what takes all of the path for an id
  getServiceRequest,
  getServiceDefinitions,
  searchServiceRequests,
  getAreas,
  getPreflight,
  getServiceRequestUpdates,
  getChanges,
  postServiceRequestUpdate,
]
