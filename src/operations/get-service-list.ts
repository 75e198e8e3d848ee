import { z } from 'zod'
import { presentService, services } from '../documents/services.js'
import { findNotOfferedReason, findOutsideReason } from '../standard/service-area.js'
import { languageArguments, negotiateLanguage, translate } from './language.js'
import { operation } from './operation.js'
import { pointArguments, readPoint } from './point-argument.js'

/**
 * GET services (GR-SVC-01, 02): all that the jurisdiction offers, in its own order (GR-SVC-09); with lat and long, what
 * it offers there (EXT-23).
 */
export const getServiceList = operation({
  name: 'GET services',
  method: 'GET',
  path: '/services',
  summary: 'Lists services; with lat and long, the services offered at that point.',
  arguments: z.object({ ...pointArguments, ...languageArguments }),
  cache: (call) =>
    call.args.has('lat') || call.args.has('long') ? null : { key: `${negotiateLanguage(call)}` },
  document: services,
  plan: (call) => {
    const { jurisdiction } = call
    const point = readPoint(call.args, 'EXT-23')
    const offered = [...jurisdiction.services.values()].filter(
      (service) =>
        point === null ||
        (findOutsideReason(point, jurisdiction) ?? findNotOfferedReason(point, service, jurisdiction)) ===
          null,
    )
    const language = negotiateLanguage(call)
    return offered.map((service) => translate(service, language))
  },
  query: (offered) => ({ value: offered.map(presentService) }),
})
