import { z } from 'zod'
import { submittedServiceRequest } from '../documents/service-requests.js'
import { argumentDocs, asRequired, withDescription } from '../http/argument-docs.js'
import { degrees, LIST_DOCS, parseArguments, rawArgument, text } from '../http/arguments.js'
import { toEndpointScope } from '../http/endpoint-scope.js'
import type { Arguments } from '../http/request.js'
import type { StoredMedia } from '../media/library.js'
import type { Jurisdiction, Service } from '../standard/catalog.js'
import { MAX_DESCRIPTION_LENGTH, MAX_TEXT_LENGTH } from '../standard/limits.js'
import { Faults, type RuleId, refuse } from '../standard/refusal.js'
import { findNotOfferedReason, findOutsideReason } from '../standard/service-area.js'
import { computeExpectedDatetime } from '../standard/service-level.js'
import { REPORTER_FIELDS, type Reporter } from '../standard/terms.js'
import { findSubmission, submit } from '../store/service-requests/submit.js'
import { MAX_ANSWERS, readAnswers, validateAnswers } from './attribute-answers.js'
import { mediaUrlArgument, readMediaUrls } from './media-url.js'
import { defineOperation } from './operation.js'
import { computeFingerprint, NO_FINGERPRINT, readHandles } from './submission-handles.js'

/** RFC 5321, 4.5.3.1 */
const MAX_EMAIL_LENGTH = 254

const shortText = text(MAX_TEXT_LENGTH)

const schema = z.object({
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

/** GR-POST-06: documentation only; `readAnswers` reads it. */
const attributeArgument = rawArgument.clone().register(argumentDocs, {
  type: 'object',
  description:
    'Attribute values by attribute code: attribute[CODE]=value. Repeat the argument for several values.',
  additionalProperties: { ...LIST_DOCS, maxItems: MAX_ANSWERS, separated: 'by repeating' },
})

/**
 * POST service request (GR-POST-01, 02). One refusal has all broken rules (GR-ERR-08). Required is only
 * what the standard requires: key, service, location and required attributes.
 */
export const postServiceRequest = defineOperation({
  name: 'POST service request',
  method: 'POST',
  path: '/requests',
  summary: 'Files a service request.',
  arguments: schema.extend({ media_url: mediaUrlArgument, attribute: attributeArgument }),
  headers: {
    'Idempotency-Key':
      'Key of this submission, at most 255 characters. Repeating it returns the first response again.',
  },
  scope: 'report',
  acceptsUploads: true,
  document: submittedServiceRequest,
  plan: (request) => {
    const { jurisdiction, args, uploads, now } = request
    const faults = new Faults()
    const service = findService(args, jurisdiction, faults)
    const values = parseArguments(schema, args, 'GR-POST-15', faults)
    validateLocation(values, args, jurisdiction, service, faults)
    const media_urls = readMediaUrls(args, faults)
    const answers = readAnswers(args, faults)
    const validated = service ? validateAnswers(answers, service, jurisdiction.time_zone, faults) : answers
    const handles = readHandles(request.idempotencyKey, values.service_code ?? '', answers, faults)
    // a repeated submission gets its first response, even if it breaks rules now. `query` refuses
    // it if there is none.
    if (handles.length === 0) faults.refuse()
    return {
      faults,
      ...toEndpointScope(request),
      service,
      requested_datetime: now, // GR-DT-04
      expected_datetime: service ? computeExpectedDatetime(service, jurisdiction, now) : null,
      lat: values.lat ?? null,
      long: values.long ?? null,
      address: values.address_string ?? null,
      address_id: values.address_id ?? null,
      description: values.description ?? null,
      media_urls,
      answers: validated,
      reporter: Object.fromEntries(REPORTER_FIELDS.map((name) => [name, values[name] ?? null])) as Reporter,
      key_id: request.key!.key_id,
      handles,
      fingerprint: handles.length > 0 ? computeFingerprint(args, uploads) : NO_FINGERPRINT,
      uploads,
    }
  },
  query: async (plan, { store, media }) => {
    const { faults, service, uploads } = plan
    const first = plan.handles.length > 0 ? await findSubmission(store, plan) : undefined
    if (!first) faults.refuse()
    const submitWithMedia = ({ media_ids, media_urls }: StoredMedia) =>
      // uploaded pictures come before pictures on other servers.
      submit(
        store,
        Object.assign(plan, {
          service: service!,
          media_ids,
          media_urls: [...media_urls, ...plan.media_urls],
        }),
      )
    const submitted = first ?? (await media.store(uploads, plan.requested_datetime, submitWithMedia))
    if (submitted === 'handle was used for something else') {
      refuse('A-47', 400, 'Idempotency-Key was used before with different arguments.')
    }
    // GR-POST-12, A-03: id or token. GR-POST-13, A-55: account_id only in the response to its sender.
    const value = {
      service_request_id: submitted.token === null ? (submitted.service_request_id ?? undefined) : undefined,
      token: submitted.token ?? undefined,
      service_notice: submitted.service_notice,
      account_id: plan.reporter.account_id,
    }
    return { value: [value] }
  },
})

/** GR-POST-03: 400 if absent, 404 if unknown; always the first fault. */
function findService(args: Arguments, jurisdiction: Jurisdiction, faults: Faults): Service | undefined {
  const code = args.get('service_code')?.[0]?.trim()
  if (code === undefined) faults.add('GR-POST-03', 400, 'service_code was not provided.')
  else if (!jurisdiction.services.has(code)) faults.add('GR-POST-03', 404, 'service_code was not found.')
  return code === undefined ? undefined : jurisdiction.services.get(code)
}

/**
 * GR-POST-04, 05, A-25: coordinates, address or address id; coordinates in the boundary and where the
 * service is offered.
 */
function validateLocation(
  { lat, long, address_string, address_id }: Partial<z.output<typeof schema>>,
  args: Arguments,
  jurisdiction: Jurisdiction,
  service: Service | undefined,
  faults: Faults,
): void {
  const addFault = (rule: RuleId, description: string) => faults.add(rule, 400, description)
  const isRequired = service?.location_required ?? true
  if (args.has('lat') !== args.has('long')) {
    const missing = args.has('lat') ? 'long' : 'lat'
    addFault('GR-POST-05', `${missing} was not provided: lat and long are needed together.`)
  } else if (isRequired && !args.has('lat') && !address_string && !address_id) {
    addFault('GR-POST-04', 'A location was not provided: lat and long, address_string or address_id.')
  }
  if (lat === undefined || long === undefined) return
  const point = { lat, long }
  const broken =
    findOutsideReason(point, jurisdiction) ?? (service && findNotOfferedReason(point, service, jurisdiction))
  if (broken) addFault(broken.rule, broken.description)
}
