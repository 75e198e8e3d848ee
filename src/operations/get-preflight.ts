import { z } from 'zod'
import { preflight } from '../documents/preflight.js'
import { findAreas } from '../documents/present-extended-attributes.js'
import { asRequired } from '../http/argument-docs.js'
import { degrees, parseArguments, text } from '../http/arguments.js'
import { toEndpointScope } from '../http/endpoint-scope.js'
import { MAX_DESCRIPTION_LENGTH } from '../standard/limits.js'
import { Faults, refuse } from '../standard/refusal.js'
import { findNotOfferedReason, findOutsideReason } from '../standard/service-area.js'
import { computeExpectedDatetime } from '../standard/service-level.js'
import {
  estimateExpectedDatetime,
  findLikelyDuplicates,
  findRoute,
} from '../store/service-requests/preflight.js'
import { languageArguments, negotiateLanguage, translate } from './language.js'
import { defineOperation } from './operation.js'
import { readPoint } from './point-argument.js'

const schema = z.object({ service_code: asRequired(text(100)), description: text(MAX_DESCRIPTION_LENGTH) })

/** Radius around the point in which a service request may be a duplicate. */
const DUPLICATE_RADIUS_METRES = 100

/**
 * EXT-26: whether a service request would be accepted, its agency, its expected time and likely
 * duplicates.
 */
export const getPreflight = defineOperation({
  name: 'GET preflight',
  method: 'GET',
  path: '/preflight',
  summary:
    'Checks a service request before it is filed: acceptance, agency, expected time, likely duplicates.',
  arguments: schema.extend({
    lat: asRequired(degrees(90)),
    long: asRequired(degrees(180)),
    ...languageArguments,
  }),
  document: preflight,
  plan: (request) => {
    const { jurisdiction, args, now } = request
    const faults = new Faults()
    const { service_code, description } = parseArguments(schema, args, 'EXT-26', faults)
    if (!service_code) faults.add('EXT-26', 400, 'service_code was not provided.')
    if (!args.has('lat') && !args.has('long')) faults.add('EXT-26', 400, 'lat and long were not provided.')
    faults.refuse()
    const service = jurisdiction.services.get(service_code!)
    if (!service) refuse('EXT-26', 404, 'service_code was not found.')
    const point = readPoint(args, 'EXT-26')!
    const broken =
      findOutsideReason(point, jurisdiction) ?? findNotOfferedReason(point, service, jurisdiction)
    const { group } = service
    const related = [...jurisdiction.services.values()].filter(
      (each) => each === service || (group !== '' && each.group === group),
    )
    return {
      ...toEndpointScope(request),
      areas: jurisdiction.areas,
      service: translate(service, negotiateLanguage(request)),
      point,
      near: { ...point, radius: DUPLICATE_RADIUS_METRES },
      now,
      expected_datetime: computeExpectedDatetime(service, jurisdiction, now), // EXT-31
      reason: broken?.description ?? null,
      description: description ?? null,
      service_codes: related.map((each) => each.service_code),
    }
  },
  query: async (plan, { store }) => {
    const { service_code, service_name, service_notice } = plan.service
    const served = plan.reason === null
    const { agency_responsible, area_ids } = await findRoute(store, { ...plan, service_code })
    return {
      value: {
        service_code,
        service_name,
        served,
        reason: plan.reason,
        agency_responsible: served ? agency_responsible : null,
        service_notice,
        expected_datetime: served
          ? (plan.expected_datetime ?? (await estimateExpectedDatetime(store, { ...plan, service_code })))
          : null,
        areas: findAreas(area_ids, plan.areas),
        duplicates: await findLikelyDuplicates(store, { ...plan, service_code }),
      },
    }
  },
})
