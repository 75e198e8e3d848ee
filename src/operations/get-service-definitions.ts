import { z } from 'zod'
import { presentServiceDefinition, serviceDefinitions } from '../documents/service-definition.js'
import { languageArguments, negotiateLanguage, translate } from './language.js'
import { defineOperation } from './operation.js'

/** EXT-21: the definitions of all services, in the order of the service list. */
export const getServiceDefinitions = defineOperation({
  name: 'GET service definitions',
  method: 'GET',
  path: '/definitions',
  summary: 'Lists the service definitions of all services.',
  arguments: z.object(languageArguments),
  cache: (request) => {
    const language = negotiateLanguage(request)
    return { key: `${language}`, etagSource: request.jurisdiction.changeset + (language ?? '') }
  },
  document: serviceDefinitions,
  plan: (request) => {
    const language = negotiateLanguage(request)
    return [...request.jurisdiction.services.values()].map((service) => translate(service, language))
  },
  query: (translated) => ({ value: translated.map(presentServiceDefinition) }),
})
