import { Faults } from '../standard/refusal.js'
import { updateServiceRequest } from '../store/service-requests/update-service-request.js'
import { applyPatch, validatePatch } from './apply-patch.js'
import { checkIfMatch, requireIfMatch } from './if-match.js'
import {
  locatorArguments,
  readLocator,
  refuseUnknownServiceRequest,
  SERVICE_REQUEST_PATH,
} from './locator.js'
import { cityOperation } from './operation.js'
import { changedServiceRequest } from './schemas.js'
import { serviceRequestPatch } from './service-request-patch.js'

/** EXT-42: changes what is named, and only if nobody else has changed the service request meanwhile. */
export const patchServiceRequest = cityOperation({
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
  plan: (call) => {
    const { body: wanted, jurisdiction, key, now } = call
    const ifMatch = requireIfMatch(call.ifMatch)
    const faults = new Faults()
    validatePatch(wanted, jurisdiction, faults)
    faults.refuse()
    return { which: readLocator(call), wanted, ifMatch, jurisdiction, key_id: key.key_id, now }
  },
  query: async ({ which, wanted, ifMatch, now, ...by }, { store }) => {
    const changed = await updateServiceRequest(store, {
      locator: which,
      original: wanted.duplicate_of ?? null,
      now,
      decide: (current, original) => {
        checkIfMatch(ifMatch, current.version)
        return applyPatch(current, wanted, original, by)
      },
    })
    if (!changed) refuseUnknownServiceRequest()
    return { value: changedServiceRequest.parse(changed), version: changed.version }
  },
})
