import { discovery } from '../documents/discovery.js'
import { presentDiscovery } from '../documents/present-discovery.js'
import { compileEncoders } from '../formats/encoders.js'
import { resolveJurisdiction } from '../http/authorize.js'
import type { AppContext } from '../http/context.js'
import { buildLimitHeaders } from '../http/limits.js'
import { DISCOVERY_PATH, ENDPOINT_PATHS } from '../http/paths.js'
import { defineHandler, type Handler } from '../http/pipeline.js'
import { type Arguments, readArguments } from '../http/request.js'
import type { RequestContext } from '../http/request-context.js'
import { respondFromCatalog } from '../http/respond-from-catalog.js'
import { typedResponse } from '../http/response.js'
import type { Catalog, Jurisdiction } from '../standard/catalog.js'
import { Faults } from '../standard/refusal.js'
import { ENDPOINTS, FORMATS } from '../standard/terms.js'
import * as page from './discovery-page.js'

interface Access {
  catalog: Catalog
  /** Immutable value that the document is made from. */
  owner: object
  jurisdictions: readonly Jurisdiction[]
}

const encoders = compileEncoders(discovery)

/**
 * DISC-02, DISC-03, DISC-06, DISC-13, A-37: the discovery document in XML and JSON, for the server and
 * each endpoint.
 */
export function discoveryHandler(app: AppContext): Handler {
  const limitHeaders = buildLimitHeaders(app.limits)
  return defineHandler<Arguments, Access, Access>({
    name: 'GET discovery',
    formats: [null, ...FORMATS],
    parse: readQueryArguments,
    authorize: (_, args) => selectJurisdictions(app, args),
    plan: (_, __, access) => access,
    respondFromCache: (request, { catalog, owner, jurisdictions }) => {
      const row = presentServer(app, jurisdictions)
      const source = {
        format: request.format,
        owner,
        key: 'discovery',
        changeset: String(row.changeset),
        encode: () => encoders[request.format](row),
      }
      return respondFromCatalog(app, request, catalog, source, limitHeaders)
    },
    encode: () => {
      throw new Error('discovery is always served from the catalog response cache')
    },
  })
}

/** DISC-04: the discovery document as an HTML page. It has no suffix: /open311/v2.json is 404. */
export function discoveryPageHandler(app: AppContext): Handler {
  return defineHandler<Arguments, Access, Access>({
    name: 'GET page',
    formats: [null],
    parse: readQueryArguments,
    authorize: (_, args) => selectJurisdictions(app, args),
    plan: (_, __, access) => access,
    encode: async (request, { catalog, jurisdictions }) => {
      const links = jurisdictions.map(({ name, jurisdiction_id }) => ({
        name,
        query:
          catalog.jurisdictions.size > 1 ? `?jurisdiction_id=${encodeURIComponent(jurisdiction_id)}` : '',
      }))
      const limits = {
        ...app.limits,
        maxBodyBytes: app.policy.maxBodyBytes,
        ...app.media.uploads.limits,
      }
      const row = presentServer(app, jurisdictions)
      const body = await page.renderDiscoveryPage(row, links, app.publicUrl + DISCOVERY_PATH, limits)
      return typedResponse(page.contentType, body, {
        ...request.headers,
        'content-security-policy': page.contentSecurityPolicy,
        'cache-control': 'public, max-age=60',
      })
    },
  })
}

async function readQueryArguments({ url }: RequestContext): Promise<Arguments> {
  const faults = new Faults()
  const args = await readArguments(url.query, null, faults)
  faults.refuse()
  return args
}

/** All jurisdictions, or the one that jurisdiction_id names. */
function selectJurisdictions(app: Pick<AppContext, 'catalog' | 'policy'>, args: Arguments): Access {
  const catalog = app.catalog()
  if (!args.has('jurisdiction_id') || catalog.jurisdictions.size === 0)
    return { catalog, owner: catalog, jurisdictions: [...catalog.jurisdictions.values()] }
  const jurisdiction = resolveJurisdiction(args, catalog, app.policy)
  return { catalog, owner: jurisdiction, jurisdictions: [jurisdiction] }
}

function presentServer({ publicUrl }: Pick<AppContext, 'publicUrl'>, jurisdictions: readonly Jurisdiction[]) {
  const endpoints = ENDPOINTS.map((endpoint) => ({ endpoint, url: publicUrl + ENDPOINT_PATHS[endpoint] }))
  return presentDiscovery(jurisdictions, endpoints)
}
