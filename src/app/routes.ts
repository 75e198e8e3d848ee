import { type Context, Hono } from 'hono'
import { cityOperations } from '../city/city-operations.js'
import { cityHandler } from '../city/handler.js'
import type { AppContext } from '../http/context.js'
import {
  CITY_PATH,
  DISCOVERY_PATH,
  ENDPOINT_PATHS,
  isCityPath,
  MEDIA_PATH,
  OPENAPI_PATH,
} from '../http/paths.js'
import { defineHandler, type Handler, handleRequest } from '../http/pipeline.js'
import { parseUrl, refuseUnknownPath } from '../http/request.js'
import { emptyResponse, typedResponse } from '../http/response.js'
import { openApiHandler } from '../openapi/get-openapi.js'
import { operations } from '../operations/geo-report-operations.js'
import { georeportHandler } from '../operations/georeport-handler.js'
import { discoveryHandler, discoveryPageHandler } from '../operations/get-discovery.js'
import { mediaHandler } from '../operations/get-media.js'
import { Refusal, type RuleId, refuse } from '../standard/refusal.js'
import { ENDPOINTS, FORMATS, LIST_FORMATS } from '../standard/terms.js'

const ANY_FORMAT = [null, ...FORMATS, ...LIST_FORMATS]

/** Paths without the id that they need: /services/.xml asks for the definition of no service. */
const PATHS_WITHOUT_ID: readonly [path: string, rule: RuleId, argument: string][] = [
  ['/services/', 'GR-DEF-09', 'service_code'],
  ['/tokens/', 'GR-TOK-03', 'token'],
  ['/tokens', 'GR-TOK-03', 'token'],
  ['/requests/', 'GR-ONE-01', 'service_request_id'],
]

/** GR-GEN-08: methods of the standard; the city API has two more. */
const STANDARD_METHODS = ['GET', 'HEAD', 'POST', 'OPTIONS']
const METHODS = [...STANDARD_METHODS, 'PATCH', 'DELETE']

/** Longer paths lead nowhere: the router takes time quadratic in their number of segments. */
const MAX_PATH_LENGTH = 1000

/** A path without a route. */
const UNKNOWN_PATH = '/-'

function selectPath({ url }: Request): string {
  const { path } = parseUrl(url)
  return path.length > MAX_PATH_LENGTH ? UNKNOWN_PATH : path
}

/** The server as a function from request to response: every path and method, each with its handler. */
export function createApp(app: AppContext): Hono {
  const routes = new Hono({ getPath: selectPath })
  const route = (method: string, path: string, handler: Handler) =>
    routes.on(method, path, handleRequest(app, handler))

  for (const endpoint of ENDPOINTS) {
    const base = ENDPOINT_PATHS[endpoint]
    for (const operation of operations)
      route(operation.method, base + operation.path, georeportHandler(app, operation, endpoint))
    for (const [path, rule, argument] of PATHS_WITHOUT_ID)
      route(
        'GET',
        base + path,
        refusingHandler('missing id', () => refuse(rule, 400, `${argument} was not provided.`)),
      )
    route('GET', `${base}/discovery`, discoveryHandler(app))
    route('GET', base, discoveryPageHandler(app))
  }
  for (const operation of cityOperations)
    route(operation.method, CITY_PATH + operation.path, cityHandler(app, operation))
  route('GET', DISCOVERY_PATH, discoveryHandler(app))
  route('GET', '/', discoveryPageHandler(app))
  route('GET', OPENAPI_PATH, openApiHandler(app))
  route('GET', `${MEDIA_PATH}/:name`, mediaHandler(app))
  // Probes are not logged.
  routes.get('/healthz', () => typedResponse('application/json', '{"status":"alive"}'))
  routes.get('/readyz', () => checkReadiness(app))

  const paths = [...new Set(routes.routes.map(({ path }) => path))]
  routes.options('*', respondToPreflight)
  for (const path of paths) routes.all(path, handleRequest(app, methodNotAllowedHandler(routes, path)))
  routes.all('*', handleRequest(app, refusingHandler('unknown path', refuseUnknownPath)))
  return routes
}

function refusingHandler(name: string, refuse: () => never): Handler {
  return defineHandler({ name, formats: ANY_FORMAT, encode: refuse })
}

async function checkReadiness({ checkDatabase }: AppContext): Promise<Response> {
  return checkDatabase().then(
    () => typedResponse('application/json', '{"status":"ready"}'),
    () => typedResponse('application/json', '{"status":"the database does not answer"}', {}, 503),
  )
}

/** CORS preflight. */
function respondToPreflight({ req }: Context): Response {
  const methods = (isCityPath(req.path) ? METHODS : STANDARD_METHODS).join(', ')
  return emptyResponse(204, {
    'access-control-allow-methods': methods,
    'access-control-allow-headers':
      'Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Accept, Accept-Language, Last-Event-ID',
    'access-control-max-age': '86400',
    allow: methods,
  })
}

/** GR-GEN-08, A-11: 405 with Allow for any other method at a known path. */
function methodNotAllowedHandler({ routes }: Hono, path: string): Handler {
  const known = new Set(routes.filter((route) => route.path === path).map(({ method }) => method))
  const allow = METHODS.filter(
    (method) => known.has(method === 'HEAD' ? 'GET' : method) || method === 'OPTIONS',
  ).join(', ')
  const description = `This method is not known here; use ${allow}.`
  return refusingHandler('method not allowed', () => {
    throw new Refusal([{ rule: 'GR-GEN-08', status: 405, description }], { allow })
  })
}
