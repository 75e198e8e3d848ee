import type { CatalogSource } from './catalog-response-cache.js'
import { readConditionalHeaders } from './conditional.js'
import type { AppContext } from './context.js'
import type { RequestContext } from './request-context.js'

/**
 * Responds with a body made from the catalog, and stores the response in the pre-router cache for requests like this one.
 * `catalog` is the catalog that the body is made from.
 */
export function respondFromCatalog(
  { catalogResponseCache, responseCache }: Pick<AppContext, 'catalogResponseCache' | 'responseCache'>,
  request: RequestContext,
  catalog: object,
  source: CatalogSource,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const { status, body, headers: own } = catalogResponseCache.respond(source, readConditionalHeaders(request))
  const all = Object.assign(own, headers)
  if (request.incoming) {
    const { request_id: _, ...logFields } = request.logFields
    const cacheable = { status, headers: all, body, logFields: { ...logFields, format: request.format } }
    responseCache.store(request.incoming, cacheable, catalog)
  }
  return new Response(body, { status, headers: { ...all, ...request.headers } })
}
