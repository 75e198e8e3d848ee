import { z } from 'zod'
import { oneWord } from '../http/arguments.js'
import { refuse } from '../standard/refusal.js'
import type { Which } from '../store/service-requests/full-service-request.js'
import type { CityCall } from './operation.js'

/** The path of one service request. */
export const ONE = '/requests/:service_request_id'

/** EXT-41: `by=number` names a service request by its number, for those that have no id yet, or never get one. */
export const byNumber = z.object({ by: oneWord('number') })

export type ByNumber = Partial<z.output<typeof byNumber>>

/** The service request that a path names. */
export function whichOf({
  ids,
  query,
  jurisdiction,
  endpoint,
}: Pick<CityCall<ByNumber>, 'ids' | 'query' | 'jurisdiction' | 'endpoint'>): Which {
  const place = { jurisdiction_id: jurisdiction.jurisdiction_id, endpoint }
  const id = ids.service_request_id!
  if (query.by !== 'number') return { ...place, service_request_id: id }
  if (!/^\d{1,15}$/.test(id)) notFound()
  return { ...place, number: Number(id) }
}

/** GR-ERR-05 */
export function notFound(): never {
  refuse('GR-ERR-05', 404, 'service_request_id was not found.')
}
