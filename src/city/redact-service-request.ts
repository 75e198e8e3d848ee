import { z } from 'zod'
import { refuse } from '../standard/refusal.js'
import { redact } from '../store/service-requests/redact.js'
import { REDACTABLE } from '../store/service-requests/redaction.js'
import { checkIfMatch } from './if-match.js'
import {
  locatorArguments,
  readLocator,
  refuseUnknownServiceRequest,
  SERVICE_REQUEST_PATH,
} from './locator.js'
import { defineCityOperation } from './operation.js'
import { changedServiceRequest } from './schemas.js'

/** EXT-43: redacts fields and updates of a service request, in its history too. */
export const redactServiceRequest = defineCityOperation({
  name: 'POST redact',
  summary: 'Redacts fields and updates of a service request, also in its history.',
  method: 'POST',
  path: `${SERVICE_REQUEST_PATH}/redact`,
  scope: 'manage',
  arguments: locatorArguments,
  ifMatch: 'optional',
  body: z
    .strictObject({
      fields: z.array(z.enum(REDACTABLE)).max(REDACTABLE.length).default([]),
      update_ids: z.array(z.uuid('has to be the id of an update').toLowerCase()).max(1000).default([]),
    })
    .meta({ id: 'Redaction' }),
  result: changedServiceRequest,
  plan: (request) => {
    const { fields, update_ids } = request.body
    if (fields.length + update_ids.length === 0)
      refuse('EXT-43', 400, 'Nothing to redact was provided: fields or update_ids.')
    const { ifMatch, key, now } = request
    return { locator: readLocator(request), fields, update_ids, ifMatch, key_id: key.key_id, now }
  },
  query: async ({ ifMatch, ...plan }, { store, media }) => {
    const checkVersion = (version: number) => checkIfMatch(ifMatch, version)
    const redacted = (await redact(store, { ...plan, checkVersion, media })) ?? refuseUnknownServiceRequest()
    if ('unknown' in redacted) refuse('EXT-43', 400, `update_ids: ${redacted.unknown} was not found.`)
    return { value: changedServiceRequest.parse(redacted), version: redacted.version }
  },
})
