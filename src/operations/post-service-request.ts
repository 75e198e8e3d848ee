import { createHash } from 'node:crypto'
import { z } from 'zod'
import { submittedServiceRequest } from '../documents/service-requests.js'
import { argumentDocs, asRequired, withDescription } from '../http/argument-docs.js'
import { degrees, LIST_DOCS, parseArguments, rawArgument, text, verbatimList } from '../http/arguments.js'
import type { Arguments } from '../http/request.js'
import type { StoredMedia } from '../media/library.js'
import type { Upload } from '../media/uploads.js'
import type { Jurisdiction, Service } from '../standard/catalog.js'
import { MAX_DESCRIPTION_LENGTH, MAX_TEXT_LENGTH, MAX_URL_LENGTH } from '../standard/limits.js'
import { Faults, type RuleId, refuse } from '../standard/refusal.js'
import { findNotOfferedReason, findOutsideReason } from '../standard/service-area.js'
import { computeExpectedDatetime } from '../standard/service-level.js'
import { REPORTER_FIELDS, type Reporter } from '../standard/terms.js'
import { countCodePoints } from '../standard/text.js'
import type { SubmissionHandle } from '../store/service-requests/submission.js'
import { findSubmission, submit } from '../store/service-requests/submit.js'
import { type Answers, MAX_ANSWERS, readAnswers, validateAnswers } from './attribute-answers.js'
import { operation } from './operation.js'

/** RFC 5321, 4.5.3.1: longer ones do not exist. */
const MAX_EMAIL_LENGTH = 254
const MAX_MEDIA_URLS = 10
const MAX_HANDLE_LENGTH = 255

const shortText = text(MAX_TEXT_LENGTH)

const core = z.object({
  service_code: asRequired(text(MAX_TEXT_LENGTH)),
  lat: withDescription(degrees(90), 'Latitude in WGS84 degrees. Requires long.'),
  long: withDescription(degrees(180), 'Longitude in WGS84 degrees. Requires lat.'),
  address_string: shortText,
  address_id: shortText,
  description: text(MAX_DESCRIPTION_LENGTH, 'GR-POST-09'),
  ...(Object.fromEntries(
    REPORTER_FIELDS.map((name) => [name, name === 'email' ? text(MAX_EMAIL_LENGTH) : shortText]),
  ) as Record<keyof Reporter, typeof shortText>),
})

/** GR-POST-11, A-33 */
export const mediaUrl = verbatimList.clone().register(argumentDocs, {
  ...LIST_DOCS,
  items: { type: 'string', format: 'uri', maxLength: MAX_URL_LENGTH },
  maxItems: MAX_MEDIA_URLS,
  separated: 'by repeating',
})

/** GR-POST-06: read by `answersIn`. */
const attribute = rawArgument.clone().register(argumentDocs, {
  type: 'object',
  description:
    'Attribute values by attribute code: attribute[CODE]=value. Repeat the argument for several values.',
  additionalProperties: { ...LIST_DOCS, maxItems: MAX_ANSWERS, separated: 'by repeating' },
})

/**
 * POST service request (GR-POST-01, 02): every fault is named in one refusal (GR-ERR-08). Nothing is asked for beyond
 * the standard: key, service, place and required attributes.
 */
export const postServiceRequest = operation({
  name: 'POST service request',
  method: 'POST',
  path: '/requests',
  summary: 'Files a service request.',
  arguments: core.extend({ media_url: mediaUrl, attribute }),
  headers: {
    'Idempotency-Key':
      'Key of this submission, at most 255 characters. Repeating it returns the first response again.',
  },
  scope: 'report',
  acceptsUploads: true,
  document: submittedServiceRequest,
  plan: (call) => {
    const { jurisdiction, args, uploads, now } = call
    const faults = new Faults()
    const service = findService(args, jurisdiction, faults)
    const given = parseArguments(core, args, 'GR-POST-15', faults)
    validateLocation(given, args, jurisdiction, service, faults)
    const media_urls = readMediaUrls(args, faults)
    const answers = readAnswers(args, faults)
    const checked = service ? validateAnswers(answers, service, jurisdiction.time_zone, faults) : answers
    const handles = readHandles(call.idempotencyKey, given.service_code ?? '', answers, faults)
    // what was accepted once is answered again, even if it would be refused now; so its faults have to wait.
    if (handles.length === 0) faults.refuse()
    return {
      faults,
      jurisdiction_id: jurisdiction.jurisdiction_id,
      endpoint: call.endpoint,
      service,
      requested_datetime: now, // GR-DT-04
      expected_datetime: service ? computeExpectedDatetime(service, jurisdiction, now) : null,
      lat: given.lat ?? null,
      long: given.long ?? null,
      address: given.address_string ?? null,
      address_id: given.address_id ?? null,
      description: given.description ?? null,
      media_urls,
      answers: checked,
      reporter: Object.fromEntries(REPORTER_FIELDS.map((name) => [name, given[name] ?? null])) as Reporter,
      key_id: call.key!.key_id,
      handles,
      fingerprint: handles.length > 0 ? computeFingerprint(args, uploads) : NO_FINGERPRINT,
      uploads,
    }
  },
  query: async (plan, { store, media }) => {
    const { faults, service, uploads } = plan
    const first = plan.handles.length > 0 ? await findSubmission(store, plan) : undefined
    if (!first) faults.refuse()
    const file = ({ media_ids, media_urls }: StoredMedia) =>
      // what was sent here comes before what is shown from elsewhere.
      submit(
        store,
        Object.assign(plan, {
          service: service!,
          media_ids,
          media_urls: [...media_urls, ...plan.media_urls],
        }),
      )
    const submitted = first ?? (await media.store(uploads, plan.requested_datetime, file))
    if (submitted === 'handle was used for something else') {
      refuse('A-47', 400, 'Idempotency-Key was used before with different arguments.')
    }
    // GR-POST-12, A-03: what does not apply is left out. GR-POST-13, A-55: account_id goes to its sender only.
    const value = {
      service_request_id: submitted.token === null ? (submitted.service_request_id ?? undefined) : undefined,
      token: submitted.token ?? undefined,
      service_notice: submitted.service_notice,
      account_id: plan.reporter.account_id,
    }
    return { value: [value] }
  },
})

/** GR-POST-03: absent 400, unknown 404; told before anything else. */
function findService(said: Arguments, jurisdiction: Jurisdiction, faults: Faults): Service | undefined {
  const code = said.get('service_code')?.[0]?.trim()
  if (code === undefined) faults.add('GR-POST-03', 400, 'service_code was not provided.')
  else if (!jurisdiction.services.has(code)) faults.add('GR-POST-03', 404, 'service_code was not found.')
  return code === undefined ? undefined : jurisdiction.services.get(code)
}

/** GR-POST-04, 05, A-25: a pair of coordinates, an address or an address id; inside the boundary where that matters. */
function validateLocation(
  { lat, long, address_string, address_id }: Partial<z.output<typeof core>>,
  said: Arguments,
  jurisdiction: Jurisdiction,
  service: Service | undefined,
  faults: Faults,
): void {
  const fault = (rule: RuleId, description: string) => faults.add(rule, 400, description)
  const required = service?.location_required ?? true
  if (said.has('lat') !== said.has('long')) {
    const missing = said.has('lat') ? 'long' : 'lat'
    fault('GR-POST-05', `${missing} was not provided: lat and long are needed together.`)
  } else if (required && !said.has('lat') && !address_string && !address_id) {
    fault('GR-POST-04', 'A location was not provided: lat and long, address_string or address_id.')
  }
  if (lat === undefined || long === undefined) return
  const place = { lat, long }
  const why =
    findOutsideReason(place, jurisdiction) ?? (service && findNotOfferedReason(place, service, jurisdiction))
  if (why) fault(why.rule, why.description)
}

/** GR-POST-11, A-33: absolute addresses; the first one is the media_url of the standard. */
export function readMediaUrls(said: Arguments, faults: Faults): string[] {
  const urls = [...new Set((said.get('media_url') ?? []).map((url) => url.trim()))]
  if (urls.length > MAX_MEDIA_URLS)
    faults.add('A-33', 400, `media_url may be given at most ${MAX_MEDIA_URLS} times.`)
  if (
    !urls.every((url) => url.length <= MAX_URL_LENGTH && /^https?:\/\/\S+$/i.test(url) && URL.canParse(url))
  ) {
    const what = `an absolute http or https address of at most ${MAX_URL_LENGTH} characters`
    faults.add('GR-POST-11', 400, `media_url has to be ${what}.`)
  }
  return urls
}

/**
 * names by which a client tells that it sends the same submission again. Ids of other systems count within their
 * service, so that a number met twice in different services is no repetition.
 */
function readHandles(
  idempotencyKey: string | null,
  service_code: string,
  answers: Answers,
  faults: Faults,
): SubmissionHandle[] {
  const handles: SubmissionHandle[] = []
  if (idempotencyKey) handles.push({ handle_type: 'Idempotency-Key', handle: idempotencyKey })
  for (const handle_type of ['external_id', 'fixmystreet_id'] as const) {
    const id = answers[handle_type]?.[0]
    if (id) handles.push({ handle_type, handle: `${service_code} ${id}` })
  }
  for (const { handle_type, handle } of handles) {
    if (countCodePoints(handle) > MAX_HANDLE_LENGTH) {
      faults.add('A-47', 400, `${handle_type} may have at most ${MAX_HANDLE_LENGTH} characters.`)
    }
  }
  return handles.filter(({ handle }) => countCodePoints(handle) <= MAX_HANDLE_LENGTH)
}

const NO_FINGERPRINT = Buffer.alloc(0)

/** SHA-256 of what was said and sent, the key apart, in an order of arguments that does not depend on the client. */
function computeFingerprint(said: Arguments, uploads: readonly Upload[]): Buffer {
  const pairs = [...said].filter(([name]) => name !== 'api_key').sort(([a], [b]) => (a < b ? -1 : 1))
  const files = uploads.map(({ sha256 }) => sha256)
  return createHash('sha256')
    .update(JSON.stringify(files.length > 0 ? [pairs, files] : pairs))
    .digest()
}
