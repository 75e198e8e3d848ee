import { Faults } from '../standard/refusal.js'
import { updateServiceRequest } from '../store/service-requests/update-service-request.js'
import { applyPatch } from './apply-patch.js'
import { checkIfMatch, requireIfMatch } from './if-match.js'
import {
  locatorArguments,
  readLocator,
  refuseUnknownServiceRequest,
  SERVICE_REQUEST_PATH,
} from './locator.js'
import { defineCityOperation } from './operation.js'
import { changedServiceRequest } from './schemas.js'
import { serviceRequestPatch } from './service-request-patch.js'
import { validatePatch } from './validate-patch.js'

/** EXT-42: changes the given fields, unless the service request has changed since the client read it. */
export const patchServiceRequest = defineCityOperation({
  name: 'PATCH service request',
  summary:
    'Updates the given fields: status, texts, agency, service, location, visibility. Closes, reopens, merges.',
  method: 'PATCH',
  path: SERVICE_REQUEST_PATH,
  scope: 'manage',
  arguments: locatorArguments,
  ifMatch: 'required',
  body: serviceRequestPatch,
  result: changedServiceRequest,
  plan: (request) => {
    const { body: patch, jurisdiction, key, now } = request
    const ifMatch = requireIfMatch(request.ifMatch)
    const faults = new Faults()
    validatePatch(patch, jurisdiction, faults)
    faults.refuse()
    return { locator: readLocator(request), patch, ifMatch, jurisdiction, key_id: key.key_id, now }
  },
  query: async ({ locator, patch, ifMatch, now, ...context }, { store }) => {
    const changed = await updateServiceRequest(store, {
      locator,
      original: patch.duplicate_of ?? null,
      now,
      decide: (current, original) => {
        checkIfMatch(ifMatch, current.version)
        return applyPatch(current, patch, original, context)
      },
    })
    if (!changed) refuseUnknownServiceRequest()
    return { value: changedServiceRequest.parse(changed), version: changed.version }
  },
})
