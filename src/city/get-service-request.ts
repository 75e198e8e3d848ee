import { findFullServiceRequest } from '../store/service-requests/full-service-request.js'
import {
  locatorArguments,
  readLocator,
  refuseUnknownServiceRequest,
  SERVICE_REQUEST_PATH,
} from './locator.js'
import { cityOperation } from './operation.js'
import { presentServiceRequest } from './present.js'
import { serviceRequest } from './schemas.js'

/** EXT-41: all of a service request, also what nobody else may see; its ETag is what a change needs (EXT-42). */
export const getServiceRequest = cityOperation({
  name: 'GET whole service request',
  summary: 'Returns a service request with all fields, private ones included.',
  method: 'GET',
  path: SERVICE_REQUEST_PATH,
  scope: 'read_private',
  arguments: locatorArguments,
  result: serviceRequest,
  plan: (call) => ({ which: readLocator(call), jurisdiction: call.jurisdiction }),
  query: async ({ which, jurisdiction }, { store }) => {
    const found = (await findFullServiceRequest(store, which)) ?? refuseUnknownServiceRequest()
    return { value: presentServiceRequest(found, jurisdiction), version: found.version }
  },
})
