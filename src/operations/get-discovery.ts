import type { Context } from 'hono'
import { discovery } from '../documents/discovery.js'
import { presentDiscovery } from '../documents/present-discovery.js'
import { compileEncoders } from '../formats/encoders.js'
import { resolveJurisdiction } from '../http/authorize.js'
import { type CatalogResponseCache, readConditionalHeaders } from '../http/catalog-response-cache.js'
import { answerReady, BASES, type Parts, type Walk } from '../http/pipeline.js'
import { parsePath, readArguments } from '../http/request.js'
import { typedResponse } from '../http/response.js'
import { Faults, refuse } from '../standard/refusal.js'
import { ENDPOINTS } from '../standard/terms.js'
import * as page from './discovery-page.js'
import { buildLimitHeaders } from './operation.js'

/** DISC-02, 13, A-37: above the endpoints and in each of them, always in both formats (DISC-03), read-only (DISC-06). */
export const DISCOVERY = '/open311/discovery'

const discoveryWriters = compileEncoders(discovery)

/** The discovery document, kept like all that comes from the catalog. */
export async function discoveryAnswer(
  parts: Parts,
  kept: CatalogResponseCache,
  walk: Walk,
): Promise<Response> {
  const { context, format, asked } = walk
  if (asked) refuse('GR-ERR-05', 404, 'There is nothing at this address.')
  const catalog = parts.catalog()
  const { row, owner, name } = await discoveryOf(parts, context)
  const as = { name, changeset: String(row.changeset) }
  const make = () => discoveryWriters[format](row)
  const answer = kept.respond(owner, as, format, readConditionalHeaders(context), make)
  const headers = { ...answer.headers, ...buildLimitHeaders(parts.limits) }
  return answerReady(parts, walk, catalog, { ...answer, headers })
}

/** The page for people (DISC-04). */
export async function discoveryHtml(parts: Parts, { context, headers }: Walk): Promise<Response> {
  // A page is for who asked for no format: /open311/v2.json leads nowhere.
  if (parsePath(context.req.url).format) refuse('GR-ERR-05', 404, 'There is nothing at this address.')
  const { row, served } = await discoveryOf(parts, context)
  const body = await page.renderDiscoveryPage(row, served, parts.publicUrl + DISCOVERY, {
    ...parts.limits,
    maxBodyBytes: parts.maxBodyBytes,
    ...parts.media.uploads.limits,
  })
  return typedResponse(page.contentType, body, {
    ...headers,
    'content-security-policy': page.contentSecurityPolicy,
    'cache-control': 'public, max-age=60',
  })
}

/** Discovery of all jurisdictions, or of the one that is named. */
async function discoveryOf(parts: Parts, context: Context) {
  const catalog = parts.catalog()
  const faults = new Faults()
  const said = await readArguments(context.req.url, null, faults)
  faults.refuse()
  const named = said.has('jurisdiction_id') && catalog.jurisdictions.size > 0
  const jurisdictions = named
    ? [resolveJurisdiction(said, catalog, parts.gate)]
    : [...catalog.jurisdictions.values()]
  const endpoints = ENDPOINTS.map((endpoint) => ({ endpoint, url: parts.publicUrl + BASES[endpoint] }))
  return {
    row: presentDiscovery(jurisdictions, endpoints),
    owner: named ? jurisdictions[0]! : catalog,
    name: 'discovery',
    served: jurisdictions.map(({ name, jurisdiction_id }) => ({
      name,
      query: catalog.jurisdictions.size > 1 ? `?jurisdiction_id=${encodeURIComponent(jurisdiction_id)}` : '',
    })),
  }
}
