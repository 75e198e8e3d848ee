import { z } from 'zod'
import { presentService, services } from '../documents/services.js'
import { findNotOfferedReason, findOutsideReason } from '../standard/service-area.js'
import { languageArguments, negotiateLanguage, translate } from './language.js'
import { defineOperation } from './operation.js'
import { pointArguments, readPoint } from './point-argument.js'

/**
 * GET services (GR-SVC-01, 02): all services of the jurisdiction, in its order (GR-SVC-09); with lat
 * and long, the services offered at that point (EXT-23).
 */
export const getServiceList = defineOperation({
  name: 'GET services',
  method: 'GET',
  path: '/services',
  summary: 'Lists services; with lat and long, the services offered at that point.',
  arguments: z.object({ ...pointArguments, ...languageArguments }),
  cache: (request) =>
    request.args.has('lat') || request.args.has('long') ? null : { key: `${negotiateLanguage(request)}` },
  document: services,
  plan: (request) => {
    const { jurisdiction } = request
    const point = readPoint(request.args, 'EXT-23')
    const offered = [...jurisdiction.services.values()].filter(
      (service) =>
        point === null ||
        (findOutsideReason(point, jurisdiction) ?? findNotOfferedReason(point, service, jurisdiction)) ===
          null,
    )
    const language = negotiateLanguage(request)
    return offered.map((service) => translate(service, language))
  },
  query: (offered) => ({ value: offered.map(presentService) }),
})
