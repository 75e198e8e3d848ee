import { findFullServiceRequest } from '../store/service-requests/full-service-request.js'
import {
  locatorArguments,
  readLocator,
  refuseUnknownServiceRequest,
  SERVICE_REQUEST_PATH,
} from './locator.js'
import { defineCityOperation } from './operation.js'
import { presentServiceRequest } from './present.js'
import { serviceRequest } from './schemas.js'

/** EXT-41: all fields of a service request, private ones included. PATCH needs its ETag (EXT-42). */
export const getServiceRequest = defineCityOperation({
  name: 'GET whole service request',
  summary: 'Returns a service request with all fields, private ones included.',
  method: 'GET',
  path: SERVICE_REQUEST_PATH,
  scope: 'read_private',
  arguments: locatorArguments,
  result: serviceRequest,
  plan: (request) => ({ locator: readLocator(request), jurisdiction: request.jurisdiction }),
  query: async ({ locator, jurisdiction }, { store }) => {
    const row = (await findFullServiceRequest(store, locator)) ?? refuseUnknownServiceRequest()
    return { value: presentServiceRequest(row, jurisdiction), version: row.version }
  },
})
