import { z } from 'zod'
import { serviceDefinition, serviceDefinitionRow } from '../documents/service-definition.js'
import { refuse } from '../standard/refusal.js'
import { languageArguments, languageOf, translate } from './language.js'
import { operation } from './operation.js'

/** GET service definition (GR-DEF-01): also for services without attributes, which have an empty one (GR-DEF-10, A-48). */
export const getServiceDefinition = operation({
  name: 'GET service definition',
  method: 'GET',
  path: '/services/:id{.+}',
  summary: 'The extra questions of a service.',
  arguments: z.object(languageArguments),
  keptAs: (call) => ({ name: `${call.id} ${languageOf(call)}` }),
  document: serviceDefinition,
  plan: (call) => {
    const service = call.jurisdiction.services.get(call.id)
    if (!service) refuse('GR-DEF-09', 404, 'service_code was not found.')
    return translate(service, languageOf(call))
  },
  answer: (service) => ({ value: serviceDefinitionRow(service) }),
})
