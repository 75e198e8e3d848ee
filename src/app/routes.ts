import { type Context, Hono } from 'hono'
import { cityOperations } from '../city/city-operations.js'
import { cityHandler } from '../city/handler.js'
import { isTable, type Row, toRows } from '../documents/document.js'
import { compileEncoders, compileListEncoders, type Encoders } from '../formats/encoders.js'
import { checkKeyJurisdiction, resolveJurisdiction } from '../http/authorize.js'
import { NO_BODY, readBody } from '../http/body.js'
import { CatalogResponseCache, readConditionalHeaders } from '../http/catalog-response-cache.js'
import { encodeBody, encodeWithCache } from '../http/encoded-body.js'
import { acceptsEventStream, queryWithLongPoll, streamResponse } from '../http/event-stream.js'
import {
  answerReady,
  BASES,
  CITY_BASE,
  callerOf,
  idIn,
  isOfCity,
  keyOfCall,
  type Parts,
  type Walk,
  walkWith,
} from '../http/pipeline.js'
import { parsePath, readArguments } from '../http/request.js'
import { emptyResponse, formatResponse, readResponse, typedResponse } from '../http/response.js'
import { MEDIA_PATH } from '../media/open-media.js'
import { OPENAPI } from '../openapi/document.js'
import { openApiHandler } from '../openapi/get-openapi.js'
import { operations } from '../operations/geo-report-operations.js'
import { DISCOVERY, discoveryAnswer, discoveryHtml } from '../operations/get-discovery.js'
import { mediaAnswer } from '../operations/get-media.js'
import {
  buildLimitHeaders,
  type GeoReportRequest,
  type Operation,
  type OperationResult,
} from '../operations/operation.js'
import { formatDatetime } from '../standard/datetime.js'
import { Faults, Refusal, type RuleId, refuse } from '../standard/refusal.js'
import { ENDPOINTS, type Endpoint } from '../standard/terms.js'

/** Ids that a path may lack: /services/.xml asks for a definition of nothing. */
const MISSING: readonly [path: string, rule: RuleId, what: string][] = [
  ['/services/', 'GR-DEF-09', 'service_code'],
  ['/tokens/', 'GR-TOK-03', 'token'],
  ['/tokens', 'GR-TOK-03', 'token'],
  ['/requests/', 'GR-ONE-01', 'service_request_id'],
]

/** The server as a function from call to answer. The only place that catches. */
export function createApp(parts: Parts): Hono {
  const app = new Hono({ getPath: (request) => parsePath(request.url).path })
  const kept = new CatalogResponseCache()
  const walk = walkWith(parts)
  for (const endpoint of ENDPOINTS) {
    const base = BASES[endpoint]
    for (const operation of operations) {
      const go = corridor(parts, kept, operation, endpoint)
      app.on(operation.method, base + operation.path, walk(operation.name, go))
    }
    for (const [path, rule, what] of MISSING) {
      app.get(
        base + path,
        walk('id missing', () => refuse(rule, 400, `${what} was not provided.`)),
      )
    }
    app.get(
      `${base}/discovery`,
      walk('GET discovery', (call) => discoveryAnswer(parts, kept, call)),
    )
    app.get(
      base,
      walk('page', (call) => discoveryHtml(parts, call)),
    )
  }
  for (const operation of cityOperations) {
    const go = cityHandler(parts, operation)
    app.on(operation.method, CITY_BASE + operation.path, walk(operation.name, go))
  }
  app.get(
    DISCOVERY,
    walk('GET discovery', (call) => discoveryAnswer(parts, kept, call)),
  )
  app.get(
    '/',
    walk('page', (call) => discoveryHtml(parts, call)),
  )
  app.get(OPENAPI, walk('GET openapi.json', openApiHandler(parts)))
  app.get(
    `${MEDIA_PATH}/:name`,
    walk('GET media', (call) => mediaAnswer(parts, call)),
  )
  app.get('/healthz', () => typedResponse('application/json', '{"status":"alive"}'))
  app.get('/readyz', async () =>
    parts.ping().then(
      () => typedResponse('application/json', '{"status":"ready"}'),
      () => typedResponse('application/json', '{"status":"the database does not answer"}', {}, 503),
    ),
  )

  const known = [...new Set(app.routes.map((route) => route.path))]
  app.options('*', preflight)
  for (const path of known) {
    const methods = new Set(app.routes.filter((route) => route.path === path).map((route) => route.method))
    const allow = METHODS.filter(
      (method) => methods.has(method === 'HEAD' ? 'GET' : method) || method === 'OPTIONS',
    )
    app.all(
      path,
      walk('method not allowed', () => notAllowed(allow)),
    )
  }
  app.all(
    '*',
    walk('unknown path', () => refuse('GR-ERR-05', 404, 'There is nothing at this address.')),
  )
  return app
}

/** The six rooms, in order, for one operation on one endpoint. */
function corridor(parts: Parts, kept: CatalogResponseCache, operation: Operation, endpoint: Endpoint) {
  const { document } = operation
  const writers = document ? compileEncoders(document) : anyJson
  const write = { json: encodeWithCache(writers.json), xml: encodeWithCache(writers.xml) }
  const limitsTold = buildLimitHeaders(parts.limits)
  const listWriters = document ? compileListEncoders(document) : null
  return async (walk: Walk): Promise<Response> => {
    const { context, format: preferred, asked, enter, timing, log } = walk
    if (asked && !operation.listFormats?.includes(asked))
      refuse('GR-ERR-05', 404, 'There is nothing at this address.')
    const isJsonOnly = !document || operation.isJsonOnly
    const { format: suffix } = parsePath(context.req.url)
    if (isJsonOnly && suffix === 'xml') refuse('GR-ERR-05', 404, 'There is nothing at this address.')
    const format = isJsonOnly ? 'json' : preferred
    const header = (name: string) => context.req.header(name) ?? null
    const faults = new Faults()
    const { scope, acceptsUploads } = operation
    const taking = acceptsUploads && {
      uploads: parts.media.uploads,
      identifyCaller: async (key: string | null) => (scope ? callerOf(parts, walk, key, scope) : 'unknown'),
    }
    const { body, uploads } =
      operation.method === 'POST'
        ? await readBody(context, parts.maxBodyBytes, taking ?? null, faults)
        : NO_BODY
    if (uploads.length > 0) walk.atEnd(() => parts.media.uploads.discard(uploads))
    const said = await readArguments(context.req.url, body, faults)

    enter('gate')
    const catalog = parts.catalog()
    // GR-POST-02: the key before all else, also before what cannot be read.
    const key = scope ? keyOfCall(parts, walk, said, scope) : null
    faults.refuse()
    const jurisdiction = resolveJurisdiction(said, catalog, parts.gate)
    if (key) checkKeyJurisdiction(key, jurisdiction)
    Object.assign(log, { endpoint, jurisdiction_id: jurisdiction.jurisdiction_id, key_id: key?.key_id })

    enter('plan')
    const call: GeoReportRequest = {
      args: said,
      uploads,
      id: idIn(context, 'id'),
      listFormat: asked,
      jurisdiction,
      endpoint,
      key,
      idempotencyKey: header('idempotency-key'),
      acceptLanguage: header('accept-language'),
      stream: null,
      now: formatDatetime(Date.now()),
      limits: parts.limits,
    }
    if (operation.longPolls && acceptsEventStream(suffix, header('accept'))) {
      const stream = { lastEventId: header('last-event-id'), wait: 0 }
      return streamResponse(parts, walk, operation, { ...call, stream })
    }
    const plan = operation.plan(call)
    const means = { media: parts.media.library }

    const keptAs = operation.cache?.(call)
    if (keptAs) {
      const as = { ...keptAs, name: `${operation.name} ${keptAs.key}`, changeset: jurisdiction.changeset }
      const make = () => writers[format]((operation.query(plan, parts.store, means) as OperationResult).value)
      return answerReady(
        parts,
        walk,
        catalog,
        kept.respond(jurisdiction, as, format, readConditionalHeaders(context), make),
      )
    }
    enter('store')
    const { value, headers } = operation.longPolls?.(plan)
      ? await queryWithLongPoll(parts, walk, operation, plan)
      : await operation.query(plan, parts.store, means)
    enter('format')
    const answered = asked
      ? encodeBody([
          listWriters![asked](isTable(value) ? toRows(value) : (value as Row[]), feedOf(parts, call)),
        ])
      : write[format](value)
    const limits = operation.listFormats && !operation.longPolls ? limitsTold : null
    const own: Record<string, string> = Object.assign(
      { vary: 'Accept, Accept-Encoding', 'server-timing': timing() },
      walk.headers,
      limits,
      headers,
    )
    // short for what may change any moment, never for what was filed.
    if (operation.method !== 'GET') {
      parts.events.wake()
      own['cache-control'] = 'no-store'
      return formatResponse(asked ?? format, answered.bytes, own)
    }
    own['cache-control'] ??= 'public, max-age=5'
    return readResponse(asked ?? format, answered, own, readConditionalHeaders(context))
  }
}

/** Of documents that are any JSON. */
const anyJson: Encoders = { json: (value) => [JSON.stringify(value)], xml: () => [] }

/** What a feed tells about itself. */
function feedOf(parts: Parts, { jurisdiction, endpoint }: GeoReportRequest) {
  const several = parts.catalog().jurisdictions.size > 1
  const query = several ? `?jurisdiction_id=${encodeURIComponent(jurisdiction.jurisdiction_id)}` : ''
  return {
    url: parts.publicUrl + BASES[endpoint] + query,
    title: `Open311 for ${jurisdiction.name}`,
    updated: null,
  }
}

/** GR-GEN-08: to the standard; the city API knows more. */
const METHODS_OF_STANDARD = ['GET', 'HEAD', 'POST', 'OPTIONS']
const METHODS = [...METHODS_OF_STANDARD, 'PATCH', 'DELETE']

/** what a page of another origin may do. */
function preflight({ req }: Context): Response {
  const methods = isOfCity(req.path) ? METHODS : METHODS_OF_STANDARD
  return emptyResponse(204, {
    'access-control-allow-methods': methods.join(', '),
    'access-control-allow-headers':
      'Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Accept, Accept-Language, Last-Event-ID',
    'access-control-max-age': '86400',
    allow: methods.join(', '),
  })
}

/** GR-GEN-08, A-11: any other method than those known at an address. */
function notAllowed(allow: readonly string[]): never {
  const description = `This method is not known here; use ${allow.join(', ')}.`
  throw new Refusal([{ rule: 'GR-GEN-08', status: 405, description }], { allow: allow.join(', ') })
}
