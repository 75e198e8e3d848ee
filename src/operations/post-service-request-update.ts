import { z } from 'zod'
import { postedUpdate } from '../documents/posted-update.js'
import { argumentDocs, withDescription } from '../http/argument-docs.js'
import { datetime, parseArguments, singleValue, TEXT_DOCS, text } from '../http/arguments.js'
import { MAX_DESCRIPTION_LENGTH, MAX_TEXT_LENGTH } from '../standard/limits.js'
import { Faults, refuse, truncate } from '../standard/refusal.js'
import { parseStatusWord } from '../standard/status-words.js'
import { postUpdate } from '../store/service-requests/post-update.js'
import { operation } from './operation.js'
import { mediaUrl, readMediaUrls } from './post-service-request.js'

const MAX_ID_LENGTH = 255
const shortText = text(MAX_TEXT_LENGTH)

const shape = z.object({
  service_request_id: singleValue
    .transform((given) => given?.trim())
    .register(argumentDocs, { ...TEXT_DOCS, required: true }),
  update_id: withDescription(
    text(MAX_ID_LENGTH),
    'Id of the update at the sender. A repeated id returns the first response again.',
  ),
  status: withDescription(
    text(MAX_ID_LENGTH),
    'Status code of the jurisdiction or of FixMyStreet, in any case. unchanged keeps the status.',
  ),
  updated_datetime: withDescription(datetime('start'), 'Time of the update at the sender. Default: now.'),
  description: text(MAX_DESCRIPTION_LENGTH, 'GR-POST-09'),
  email: shortText,
  first_name: shortText,
  last_name: shortText,
  phone: shortText,
  account_id: shortText,
})

/**
 * POST service request update (EXT-33, contract 4.3), as FixMyStreet sends it. Says what happened to a service request;
 * its status word may change the status. What else FixMyStreet says is heard and not kept.
 */
export const postServiceRequestUpdate = operation({
  name: 'POST service request update',
  method: 'POST',
  path: '/servicerequestupdates',
  summary: 'Posts an update of a service request, in the form that FixMyStreet sends.',
  arguments: shape.extend({ media_url: mediaUrl }),
  scope: 'update',
  acceptsUploads: true,
  document: postedUpdate,
  plan: ({ args, uploads, jurisdiction, endpoint, key, now }) => {
    const faults = new Faults()
    const given = parseArguments(shape, args, 'EXT-33', faults)
    const media_urls = readMediaUrls(args, faults)
    if (!given.service_request_id) faults.add('EXT-33', 400, 'service_request_id was not provided.')
    const meaning = given.status === undefined ? null : parseStatusWord(given.status, jurisdiction.statuses)
    if (meaning === undefined)
      faults.add('EXT-33', 400, `status ${truncate(given.status!)} is not known here.`)
    const isEmpty = !args.has('status') && !args.has('description')
    if (isEmpty && media_urls.length === 0 && uploads.length === 0)
      faults.add('EXT-33', 400, 'An update needs a status, a description, a media_url or a picture.')
    faults.refuse()
    const { email = null, first_name = null, last_name = null, phone = null, account_id = null } = given
    const happened = given.updated_datetime ?? now
    return {
      jurisdiction_id: jurisdiction.jurisdiction_id,
      endpoint,
      service_request_id: given.service_request_id!,
      key_id: key!.key_id,
      update_id: given.update_id ?? null,
      meaning: meaning ?? null,
      description: given.description ?? null,
      media_urls,
      uploads,
      author: { email, first_name, last_name, phone, account_id },
      // Clocks that are ahead do not make it happen later than it was heard.
      datetime: happened > now ? now : happened,
      now,
    }
  },
  query: async ({ uploads, ...plan }, { store, media }) => {
    const update_id = await media.store(uploads, plan.now, ({ media_ids, media_urls }) =>
      postUpdate(store, { ...plan, media_ids, media_urls: [...media_urls, ...plan.media_urls] }),
    )
    if (update_id === undefined) refuse('EXT-33', 404, 'service_request_id was not found.')
    return { value: [{ update_id }] }
  },
})
