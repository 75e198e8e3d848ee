import { z } from 'zod'
import { presentServiceDefinition, serviceDefinition } from '../documents/service-definition.js'
import { refuse } from '../standard/refusal.js'
import { languageArguments, negotiateLanguage, translate } from './language.js'
import { defineOperation } from './operation.js'

/**
 * GET service definition (GR-DEF-01). A service without attributes has an empty definition (GR-DEF-10,
 *
 */
export const getServiceDefinition = defineOperation({
  name: 'GET service definition',
  method: 'GET',
  path: '/services/:id{.+}',
  summary: 'Returns the service definition: the attributes of a service.',
  arguments: z.object(languageArguments),
  cache: (request) => ({ key: `${request.id} ${negotiateLanguage(request)}` }),
  document: serviceDefinition,
  plan: (request) => {
    const service = request.jurisdiction.services.get(request.id)
    if (!service) refuse('GR-DEF-09', 404, 'service_code was not found.')
    return translate(service, negotiateLanguage(request))
  },
  query: (service) => ({ value: presentServiceDefinition(service) }),
})
