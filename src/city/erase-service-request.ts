import { z } from 'zod'
import { erase } from '../store/service-requests/erase.js'
import { checkIfMatch } from './if-match.js'
import {
  locatorArguments,
  readLocator,
  refuseUnknownServiceRequest,
  SERVICE_REQUEST_PATH,
} from './locator.js'
import { cityOperation } from './operation.js'
import { changedServiceRequest } from './schemas.js'

/** EXT-43: erases the person from a service request, files included. Done again, it does no harm. */
export const eraseServiceRequest = cityOperation({
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
  plan: (call) => ({
    locator: readLocator(call),
    place: call.body.place,
    ifMatch: call.ifMatch,
    key_id: call.key.key_id,
    now: call.now,
  }),
  query: async ({ ifMatch, ...plan }, { store, media }) => {
    const check = (version: number) => checkIfMatch(ifMatch, version)
    const erased =
      (await erase(store, { ...plan, checkVersion: check, media })) ?? refuseUnknownServiceRequest()
    return { value: changedServiceRequest.parse(erased), version: erased.version }
  },
})
