import { z } from 'zod'
import { erase } from '../store/service-requests/redact.js'
import { checkIfMatch } from './if-match.js'
import { byNumber, notFound, ONE, whichOf } from './locator.js'
import { cityOperation } from './operation.js'
import { changedServiceRequest } from './schemas.js'

/** EXT-43: erases the person from a service request, files included. Done again, it does no harm. */
export const eraseServiceRequest = cityOperation({
  name: 'POST erase',
  summary: 'Erases who reported it, and all that anyone wrote or showed; its service, status and times stay.',
  method: 'POST',
  path: `${ONE}/erase`,
  scope: 'manage',
  query: byNumber,
  ifMatch: 'optional',
  body: z
    .strictObject({
      place: z.boolean().default(false).meta({ description: 'true: where it was goes as well' }),
    })
    .meta({ id: 'Erasure' }),
  value: changedServiceRequest,
  plan: (call) => ({
    which: whichOf(call),
    place: call.body.place,
    ifMatch: call.ifMatch,
    key_id: call.key.key_id,
    now: call.now,
  }),
  answer: async ({ ifMatch, ...plan }, { store, media }) => {
    const check = (version: number) => checkIfMatch(ifMatch, version)
    const erased = (await erase(store, { ...plan, check, media: media.keeper })) ?? notFound()
    return { value: changedServiceRequest.parse(erased), version: erased.version }
  },
})
