import { findWholeServiceRequest } from '../store/service-requests/full-service-request.js'
import { byNumber, notFound, ONE, whichOf } from './locator.js'
import { cityOperation } from './operation.js'
import { wholeOf } from './present.js'
import { serviceRequest } from './schemas.js'

/** EXT-41: all of a service request, also what nobody else may see; its ETag is what a change needs (EXT-42). */
export const getServiceRequest = cityOperation({
  name: 'GET whole service request',
  summary: 'All of a service request, also what is not public.',
  method: 'GET',
  path: ONE,
  scope: 'read_private',
  query: byNumber,
  value: serviceRequest,
  plan: (call) => ({ which: whichOf(call), jurisdiction: call.jurisdiction }),
  answer: async ({ which, jurisdiction }, { store }) => {
    const found = (await findWholeServiceRequest(store, which)) ?? notFound()
    return { value: wholeOf(found, jurisdiction), version: found.version }
  },
})
