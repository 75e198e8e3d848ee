import { serviceRow, services } from '../documents/services.js'
import { languageOf, translate } from './language.js'
import { operation } from './operation.js'

/** GET services (GR-SVC-01, 02): all that the jurisdiction offers, in its own order (GR-SVC-09). */
export const getServiceList = operation({
  name: 'GET services',
  method: 'GET',
  path: '/services',
  fromCatalog: true,
  document: services,
  plan: (call) => {
    const offered = [...call.jurisdiction.services.values()]
    const language = languageOf(call)
    return offered.map((service) => translate(service, language))
  },
  answer: (offered) => ({ value: offered.map(serviceRow) }),
})
