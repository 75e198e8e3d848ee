import { z } from 'zod'
import { postedUpdate } from '../documents/posted-update.js'
import { argumentDocs, withDescription } from '../http/argument-docs.js'
import { datetime, parseArguments, singleValue, TEXT_DOCS, text } from '../http/arguments.js'
import { toEndpointScope } from '../http/endpoint-scope.js'
import { MAX_DESCRIPTION_LENGTH, MAX_TEXT_LENGTH } from '../standard/limits.js'
import { Faults, refuse, truncate } from '../standard/refusal.js'
import { parseStatusWord } from '../standard/status-words.js'
import { postUpdate } from '../store/service-requests/post-update.js'
import { mediaUrlArgument, readMediaUrls } from './media-url.js'
import { defineOperation } from './operation.js'

const MAX_ID_LENGTH = 255
const shortText = text(MAX_TEXT_LENGTH)

const schema = z.object({
  service_request_id: singleValue
    .transform((value) => value?.trim())
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
 * POST service request update (EXT-33), as FixMyStreet sends it. Its status word may
 * change the status of the service request. Other arguments of FixMyStreet are accepted and not stored.
 */
export const postServiceRequestUpdate = defineOperation({
  name: 'POST service request update',
  method: 'POST',
  path: '/servicerequestupdates',
  summary: 'Posts an update of a service request, in the form that FixMyStreet sends.',
  arguments: schema.extend({ media_url: mediaUrlArgument }),
  scope: 'update',
  acceptsUploads: true,
  document: postedUpdate,
  plan: (request) => {
    const { args, uploads, jurisdiction, key, now } = request
    const faults = new Faults()
    const values = parseArguments(schema, args, 'EXT-33', faults)
    const media_urls = readMediaUrls(args, faults)
    if (!values.service_request_id) faults.add('EXT-33', 400, 'service_request_id was not provided.')
    const { status } = values
    const meaning = status === undefined ? null : parseStatusWord(status, jurisdiction.statuses)
    if (meaning === undefined) faults.add('EXT-33', 400, `status ${truncate(status!)} is not known here.`)
    const hasText = args.has('status') || args.has('description')
    if (!hasText && media_urls.length === 0 && uploads.length === 0)
      faults.add('EXT-33', 400, 'An update needs a status, a description, a media_url or a picture.')
    faults.refuse()
    const { email = null, first_name = null, last_name = null, phone = null, account_id = null } = values
    const datetime = values.updated_datetime ?? now
    return {
      ...toEndpointScope(request),
      service_request_id: values.service_request_id!,
      key_id: key!.key_id,
      update_id: values.update_id ?? null,
      meaning: meaning ?? null,
      description: values.description ?? null,
      media_urls,
      uploads,
      author: { email, first_name, last_name, phone, account_id },
      // The sender's clock may be ahead.
      datetime: datetime > now ? now : datetime,
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
