import { z } from 'zod'
import { preflight } from '../documents/preflight.js'
import { areasOf } from '../documents/present-extended-attributes.js'
import { needed } from '../http/argument-docs.js'
import { degrees, read, text } from '../http/arguments.js'
import { Faults, refuse } from '../standard/refusal.js'
import { expectedOf } from '../standard/service-level.js'
import { expectedDatetime, likelyDuplicates, routeAt } from '../store/service-requests/preflight.js'
import { languageArguments, languageOf, translate } from './language.js'
import { operation } from './operation.js'
import { pointIn, whyNotOffered, whyOutside } from './point-argument.js'
import { LONGEST_DESCRIPTION } from './post-service-request.js'

const shape = z.object({ service_code: needed(text(100)), description: text(LONGEST_DESCRIPTION) })

/** Metres around a point in which something may be the same. */
const NEARBY = 100

/** EXT-26: whether a service request would be taken, who gets it, how long it takes, and what was filed already. */
export const getPreflight = operation({
  name: 'GET preflight',
  method: 'GET',
  path: '/preflight',
  summary: 'What would become of a service request, before it is filed.',
  arguments: shape.extend({ lat: needed(degrees(90)), long: needed(degrees(180)), ...languageArguments }),
  document: preflight,
  plan: (call) => {
    const { jurisdiction, said } = call
    const faults = new Faults()
    const { service_code, description } = read(shape, said, 'EXT-26', faults)
    if (!service_code) faults.add('EXT-26', 400, 'service_code was not provided.')
    if (!said.has('lat') && !said.has('long')) faults.add('EXT-26', 400, 'lat and long were not provided.')
    faults.refuse()
    const service = jurisdiction.services.get(service_code!)
    if (!service) refuse('EXT-26', 404, 'service_code was not found.')
    const point = pointIn(said, 'EXT-26')!
    const why = whyOutside(point, jurisdiction) ?? whyNotOffered(point, service, jurisdiction)
    const { group } = service
    const related = [...jurisdiction.services.values()].filter(
      (each) => each === service || (group !== '' && each.group === group),
    )
    return {
      jurisdiction_id: jurisdiction.jurisdiction_id,
      endpoint: call.endpoint,
      areas: jurisdiction.areas,
      service: translate(service, languageOf(call)),
      point,
      near: { ...point, radius: NEARBY },
      now: call.now,
      expected_datetime: expectedOf(service, jurisdiction, call.now), // EXT-31
      reason: why?.description ?? null,
      description: description ?? null,
      service_codes: related.map((each) => each.service_code),
    }
  },
  answer: async (plan, store) => {
    const { service_code, service_name, service_notice } = plan.service
    const served = plan.reason === null
    const { agency_responsible, area_ids } = await routeAt(store, { ...plan, service_code })
    return {
      value: {
        service_code,
        service_name,
        served,
        reason: plan.reason,
        agency_responsible: served ? agency_responsible : null,
        service_notice,
        expected_datetime: served
          ? (plan.expected_datetime ?? (await expectedDatetime(store, { ...plan, service_code })))
          : null,
        areas: areasOf(area_ids, plan.areas),
        duplicates: await likelyDuplicates(store, { ...plan, service_code }),
      },
    }
  },
})
