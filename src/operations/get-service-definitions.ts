import { z } from 'zod'
import { serviceDefinitionRow, serviceDefinitions } from '../documents/service-definition.js'
import { languageArguments, languageOf, translate } from './language.js'
import { operation } from './operation.js'

/** EXT-21: the definitions of all services in one call, in the order of the service list. */
export const getServiceDefinitions = operation({
  name: 'GET service definitions',
  method: 'GET',
  path: '/definitions',
  summary: 'The extra questions of all services.',
  arguments: z.object(languageArguments),
  // A client that read discovery knows by the changeset whether it has them.
  keptAs: (call) => {
    const language = languageOf(call)
    return { name: `${language}`, tag: call.jurisdiction.changeset + (language ?? '') }
  },
  document: serviceDefinitions,
  plan: (call) => {
    const language = languageOf(call)
    return [...call.jurisdiction.services.values()].map((service) => translate(service, language))
  },
  answer: (offered) => ({ value: offered.map(serviceDefinitionRow) }),
})
