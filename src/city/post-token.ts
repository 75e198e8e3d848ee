import { z } from 'zod'
import { toEndpointScope } from '../http/endpoint-scope.js'
import { Refusal, refuse } from '../standard/refusal.js'
import { cleanText } from '../standard/text.js'
import { isIdTaken, resolveToken } from '../store/service-requests/tokens.js'
import { defineCityOperation } from './operation.js'

const MAX_ID_LENGTH = 255

/** Not 0, which clients of the standard read as no id (GR-POST-12). */
const id = z
  .string()
  .transform(cleanText)
  .refine(
    (value) => value !== '' && value !== '0' && value.length <= MAX_ID_LENGTH,
    `has to be a text of 1 to ${MAX_ID_LENGTH} characters, and not 0`,
  )
  .refine((value) => !value.includes(','), 'may not have commas: lists of ids are separated by them')

/** EXT-44: assigns the id of a batch service request, which its token is then exchanged for (GR-TOK-06). */
export const postToken = defineCityOperation({
  name: 'POST token',
  summary: 'Assigns a service_request_id to a token: the given one, or the next one. Idempotent.',
  method: 'POST',
  path: '/tokens/:token',
  scope: 'manage',
  body: z.strictObject({ service_request_id: id.optional() }).meta({ id: 'Resolution' }),
  conflict: 'The service_request_id is taken, or the token has another one.',
  result: z.object({ token: z.string(), service_request_id: z.string() }).meta({ id: 'Resolved' }),
  plan: ({ ids, body, jurisdiction, endpoint, key, now }) => ({
    token: ids.token!.trim(),
    service_request_id: body.service_request_id,
    scope: toEndpointScope({ jurisdiction, endpoint }),
    key_id: key.key_id,
    now,
  }),
  query: async (plan, { store }) => {
    const requested = plan.service_request_id
    const service_request_id = await resolveToken(store, plan).catch((error) => {
      if (isIdTaken(error)) refuseConflict('service_request_id is taken by another service request.')
      throw error
    })
    if (service_request_id === undefined) refuse('GR-TOK-03', 404, 'token was not found.')
    if (requested !== undefined && requested !== service_request_id)
      refuseConflict(`token has another service_request_id already: ${service_request_id}.`)
    return { value: { token: plan.token, service_request_id } }
  },
})

function refuseConflict(description: string): never {
  throw new Refusal([{ rule: 'EXT-44', status: 409, description }])
}
