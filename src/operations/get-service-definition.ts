import { z } from 'zod'
import { presentServiceDefinition, serviceDefinition } from '../documents/service-definition.js'
import { refuse } from '../standard/refusal.js'
import { languageArguments, negotiateLanguage, translate } from './language.js'
import { operation } from './operation.js'

/** GET service definition (GR-DEF-01): also for services without attributes, which have an empty one (GR-DEF-10, A-48). */
export const getServiceDefinition = operation({
  name: 'GET service definition',
  method: 'GET',
  path: '/services/:id{.+}',
  summary: 'Returns the service definition: the attributes of a service.',
  arguments: z.object(languageArguments),
  cache: (call) => ({ key: `${call.id} ${negotiateLanguage(call)}` }),
  document: serviceDefinition,
  plan: (call) => {
    const service = call.jurisdiction.services.get(call.id)
    if (!service) refuse('GR-DEF-09', 404, 'service_code was not found.')
    return translate(service, negotiateLanguage(call))
  },
  query: (service) => ({ value: presentServiceDefinition(service) }),
})
