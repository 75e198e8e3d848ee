import { Faults } from '../standard/refusal.js'
import { manageServiceRequest } from '../store/service-requests/update-service-request.js'
import { changeOf, checkWanted } from './apply-patch.js'
import { checkIfMatch, needIfMatch } from './if-match.js'
import { byNumber, notFound, ONE, whichOf } from './locator.js'
import { cityOperation } from './operation.js'
import { changedServiceRequest } from './schemas.js'
import { change } from './service-request-patch.js'

/** EXT-42: changes what is named, and only if nobody else has changed the service request meanwhile. */
export const patchServiceRequest = cityOperation({
  name: 'PATCH service request',
  summary:
    'Changes what is named: status, words, agency, service, place, visibility; closes, reopens, merges.',
  method: 'PATCH',
  path: ONE,
  scope: 'manage',
  query: byNumber,
  ifMatch: 'required',
  body: change,
  value: changedServiceRequest,
  plan: (call) => {
    const { body: wanted, jurisdiction, key, now } = call
    const ifMatch = needIfMatch(call.ifMatch)
    const faults = new Faults()
    checkWanted(wanted, jurisdiction, faults)
    faults.refuse()
    return { which: whichOf(call), wanted, ifMatch, jurisdiction, key_id: key.key_id, now }
  },
  answer: async ({ which, wanted, ifMatch, now, ...by }, { store }) => {
    const changed = await manageServiceRequest(store, {
      which,
      original: wanted.duplicate_of ?? null,
      now,
      decide: (current, original) => {
        checkIfMatch(ifMatch, current.version)
        return changeOf(current, wanted, original, by)
      },
    })
    if (!changed) notFound()
    return { value: changedServiceRequest.parse(changed), version: changed.version }
  },
})
