import type { Jurisdiction } from '../standard/catalog.js'
import type { Endpoint } from '../standard/terms.js'
import type { EndpointScope } from '../store/service-requests/public-service-requests.js'

/** Returns the scope of the queries of an authorized request: its jurisdiction and endpoint (GR-JUR-06). */
export function toEndpointScope({
  jurisdiction,
  endpoint,
}: {
  jurisdiction: Pick<Jurisdiction, 'jurisdiction_id'>
  endpoint: Endpoint
}): EndpointScope {
  return { jurisdiction_id: jurisdiction.jurisdiction_id, endpoint }
}
