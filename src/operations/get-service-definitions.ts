import { z } from 'zod'
import { presentServiceDefinition, serviceDefinitions } from '../documents/service-definition.js'
import { languageArguments, negotiateLanguage, translate } from './language.js'
import { operation } from './operation.js'

/** EXT-21: the definitions of all services in one call, in the order of the service list. */
export const getServiceDefinitions = operation({
  name: 'GET service definitions',
  method: 'GET',
  path: '/definitions',
  summary: 'Lists the service definitions of all services.',
  arguments: z.object(languageArguments),
  // A client that read discovery knows by the changeset whether it has them.
  cache: (call) => {
    const language = negotiateLanguage(call)
    return { key: `${language}`, etagSource: call.jurisdiction.changeset + (language ?? '') }
  },
  document: serviceDefinitions,
  plan: (call) => {
    const language = negotiateLanguage(call)
    return [...call.jurisdiction.services.values()].map((service) => translate(service, language))
  },
  query: (offered) => ({ value: offered.map(presentServiceDefinition) }),
})
