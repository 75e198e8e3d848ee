import { z } from 'zod'
import { erase } from '../store/service-requests/erase.js'
import { checkIfMatch } from './if-match.js'
import {
  locatorArguments,
  readLocator,
  refuseUnknownServiceRequest,
  SERVICE_REQUEST_PATH,
} from './locator.js'
import { defineCityOperation } from './operation.js'
import { changedServiceRequest } from './schemas.js'

/** EXT-43: erases personal data and media of a service request. Idempotent. */
export const eraseServiceRequest = defineCityOperation({
  name: 'POST erase',
  summary:
    'Erases the reporter, all texts and all media of a service request. Service, status and times stay.',
  method: 'POST',
  path: `${SERVICE_REQUEST_PATH}/erase`,
  scope: 'manage',
  arguments: locatorArguments,
  ifMatch: 'optional',
  body: z
    .strictObject({
      place: z.boolean().default(false).meta({ description: 'true: erases the location too.' }),
    })
    .meta({ id: 'Erasure' }),
  result: changedServiceRequest,
  plan: (request) => ({
    locator: readLocator(request),
    place: request.body.place,
    ifMatch: request.ifMatch,
    key_id: request.key.key_id,
    now: request.now,
  }),
  query: async ({ ifMatch, ...plan }, { store, media }) => {
    const checkVersion = (version: number) => checkIfMatch(ifMatch, version)
    const erased = (await erase(store, { ...plan, checkVersion, media })) ?? refuseUnknownServiceRequest()
    return { value: changedServiceRequest.parse(erased), version: erased.version }
  },
})
