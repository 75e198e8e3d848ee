import { z } from 'zod'
import { serviceRow, services } from '../documents/services.js'
import { languageArguments, languageOf, translate } from './language.js'
import { operation } from './operation.js'
import { pointArguments, pointIn, whyNotOffered, whyOutside } from './point-argument.js'

/**
 * GET services (GR-SVC-01, 02): all that the jurisdiction offers, in its own order (GR-SVC-09); with lat and long, what
 * it offers there (EXT-23).
 */
export const getServiceList = operation({
  name: 'GET services',
  method: 'GET',
  path: '/services',
  summary: 'What can be asked for, everywhere or at a point.',
  arguments: z.object({ ...pointArguments, ...languageArguments }),
  keptAs: (call) => (call.said.has('lat') || call.said.has('long') ? null : { name: `${languageOf(call)}` }),
  document: services,
  plan: (call) => {
    const { jurisdiction } = call
    const point = pointIn(call.said, 'EXT-23')
    const offered = [...jurisdiction.services.values()].filter(
      (service) =>
        point === null ||
        (whyOutside(point, jurisdiction) ?? whyNotOffered(point, service, jurisdiction)) === null,
    )
    const language = languageOf(call)
    return offered.map((service) => translate(service, language))
  },
  answer: (offered) => ({ value: offered.map(serviceRow) }),
})
