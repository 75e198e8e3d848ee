import { randomUUID } from 'node:crypto'
import { type Context, Hono } from 'hono'
import { answerAs, answerEmpty, answerRefusal, answerWith } from './answer.js'
import { readBody } from './body.js'
import { CatalogAnswers, type Taking, takingOf } from './catalog-answers.js'
import { bytesOf, codingFor, etagOf, isKnown, packForSending } from './conditional.js'
import { DISCOVERY, discoveryAnswer, discoveryHtml } from './discovery.js'
import { isTable, type Row, rowsOf } from './documents/document.js'
import { type Arguments, addressOf, formatOf, readArguments } from './door.js'
import { compileListWriters, compileWriters, type Writers } from './formats/writers.js'
import { admit, jurisdictionOf, keyOf, presentedKey } from './gate.js'
import { faultOf, millisecondsSince } from './log.js'
import { operations } from './operations/index.js'
import { type Answer, type Call, limitHeaders, type Operation } from './operations/operation.js'
import { formatDatetime } from './standard/datetime.js'
import { Faults, Refusal, type RuleId, refuse } from './standard/refusal.js'
import { ENDPOINTS, type Endpoint, type Format, LIST_FORMATS, type ListFormat } from './standard/terms.js'
import { legalText } from './standard/text.js'
import { isUnavailable } from './store/faults.js'
import { hashOf } from './store/keys.js'
import { answerReady, BASES, type Parts, type Walk } from './walk.js'

/** Ids that a path may lack: /services/.xml asks for a definition of nothing. */
const MISSING: readonly [path: string, rule: RuleId, what: string][] = [
  ['/services/', 'GR-DEF-09', 'service_code'],
  ['/tokens/', 'GR-TOK-03', 'token'],
  ['/tokens', 'GR-TOK-03', 'token'],
  ['/requests/', 'GR-ONE-01', 'service_request_id'],
]

/** The server as a function from call to answer. The only place that catches. */
export function createApp(parts: Parts): Hono {
  const app = new Hono({ getPath: (request) => addressOf(request.url).path })
  const kept = new CatalogAnswers()

  const walk =
    (name: string, go: (walk: Walk) => Promise<Response> | Response) => async (context: Context) => {
      const started = performance.now()
      const rooms: [room: string, entered: number][] = [['door', started]]
      const callId = randomUUID()
      const headers = { 'x-call-id': callId }
      const { method } = context.req.raw
      const log: Record<string, unknown> = { call: callId, operation: name, method }
      const address = addressOf(context.req.url)
      const format = formatOf(address, context.req.header('accept') ?? null)
      const asked = LIST_FORMATS.find((each) => each === address.format) ?? null
      let answer: Response
      try {
        answer = await go({
          context,
          format,
          asked,
          enter: (room) => rooms.push([room, performance.now()]),
          timing: () => serverTiming(rooms),
          log,
          headers,
        })
      } catch (error) {
        const refusal = error instanceof Refusal ? error : faultRefusal(error, callId)
        if (refusal !== error) parts.log.error({ ...log, fault: faultOf(error) }, 'call failed')
        log.rules = [...new Set(refusal.broken.map((each) => each.rule))]
        answer = answerRefusal(format, refusal, parts.strictStatus, headers)
      }
      parts.log.info({ ...log, format, status: answer.status, ms: millisecondsSince(started) }, 'call')
      return answer
    }

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
  app.get(
    DISCOVERY,
    walk('GET discovery', (call) => discoveryAnswer(parts, kept, call)),
  )
  app.get(
    '/',
    walk('page', (call) => discoveryHtml(parts, call)),
  )
  app.get('/healthz', () => answerAs('application/json', '{"status":"alive"}'))
  app.get('/readyz', async () =>
    parts.ping().then(
      () => answerAs('application/json', '{"status":"ready"}'),
      () => answerAs('application/json', '{"status":"the database does not answer"}', {}, 503),
    ),
  )

  const known = [...new Set(app.routes.map((route) => route.path))]
  app.options('*', preflight)
  for (const path of known) {
    const methods = new Set(app.routes.filter((route) => route.path === path).map((route) => route.method))
    const allow = ['GET', 'HEAD', 'POST', 'OPTIONS'].filter(
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
function corridor(parts: Parts, kept: CatalogAnswers, operation: Operation, endpoint: Endpoint) {
  const { document } = operation
  const writers = document ? compileWriters(document) : anyJson
  const limitsTold = limitHeaders(parts.limits)
  const listWriters = document ? compileListWriters(document) : null
  return async (walk: Walk): Promise<Response> => {
    const { context, format: preferred, asked, enter, timing, log } = walk
    if (asked && !operation.listFormats?.includes(asked))
      refuse('GR-ERR-05', 404, 'There is nothing at this address.')
    if (!document && addressOf(context.req.url).format === 'xml')
      refuse('GR-ERR-05', 404, 'There is nothing at this address.')
    const format = document ? preferred : 'json'
    const header = (name: string) => context.req.header(name) ?? null
    const body = operation.method === 'POST' ? await readBody(context, parts.maxBodyBytes) : null
    const faults = new Faults()
    const said = await readArguments(context.req.url, body, faults)
    if (operation.scope && /[?&]api(_|%5f)key=/i.test(context.req.url)) {
      parts.log.warn({ ...log }, 'api_key in the address of a call')
    }

    enter('gate')
    const catalog = parts.catalog()
    // GR-POST-02: the key before all else, also before what cannot be read.
    const key = operation.scope
      ? keyOf(keyHash(said, header('authorization')), catalog, operation.scope)
      : null
    faults.refuse()
    const jurisdiction = jurisdictionOf(said, catalog, parts.gate)
    if (key) admit(key, jurisdiction)
    Object.assign(log, { endpoint, jurisdiction_id: jurisdiction.jurisdiction_id, key_id: key?.key_id })

    enter('plan')
    const call: Call = {
      said,
      id: idOf(context),
      listFormat: asked,
      jurisdiction,
      endpoint,
      key,
      idempotencyKey: header('idempotency-key'),
      acceptLanguage: header('accept-language'),
      now: formatDatetime(Date.now()),
      limits: parts.limits,
    }
    const plan = operation.plan(call)

    const keptAs = operation.keptAs?.(call)
    if (keptAs) {
      const as = { ...keptAs, name: `${operation.name} ${keptAs.name}`, changeset: jurisdiction.changeset }
      const make = () => writers[format]((operation.answer(plan, parts.store) as Answer).value)
      return answerReady(parts, walk, catalog, kept.answer(jurisdiction, as, format, takingOf(context), make))
    }
    enter('store')
    const { value, headers } = await operation.answer(plan, parts.store)
    enter('format')
    const text = asked
      ? [listWriters![asked](isTable(value) ? rowsOf(value) : (value as Row[]), feedOf(parts, call))]
      : writers[format](value)
    const bytes = bytesOf(text)
    const limits = operation.listFormats ? limitsTold : {}
    const own = {
      ...walk.headers,
      ...limits,
      vary: 'Accept, Accept-Encoding',
      'server-timing': timing(),
      ...headers,
    }
    // short for what may change any moment, never for what was filed.
    if (operation.method !== 'GET') {
      parts.events.wake()
      return answerWith(asked ?? format, bytes, { ...own, 'cache-control': 'no-store' })
    }
    return answerRead(
      asked ?? format,
      bytes,
      { ...own, 'cache-control': 'public, max-age=5' },
      takingOf(context),
    )
  }
}

/** What was read from the store: not again for who has it, packed for who takes it so. */
async function answerRead(
  format: Format | ListFormat,
  bytes: Uint8Array<ArrayBuffer>,
  headers: Record<string, string>,
  { ifNoneMatch, acceptEncoding }: Taking,
): Promise<Response> {
  const etag = etagOf(bytes)
  if (isKnown(etag, ifNoneMatch)) return answerEmpty(304, { ...headers, etag })
  const coding = codingFor(bytes.length, acceptEncoding, ['gzip'])
  if (!coding) return answerWith(format, bytes, { ...headers, etag })
  return answerWith(format, await packForSending(bytes), { ...headers, etag, 'content-encoding': coding })
}

/** Of documents that are any JSON. */
const anyJson: Writers = { json: (value) => [JSON.stringify(value)], xml: () => [] }

/** What a feed tells about itself. */
function feedOf(parts: Parts, { jurisdiction, endpoint }: Call) {
  const several = parts.catalog().jurisdictions.size > 1
  const query = several ? `?jurisdiction_id=${encodeURIComponent(jurisdiction.jurisdiction_id)}` : ''
  return {
    url: parts.publicUrl + BASES[endpoint] + query,
    title: `Open311 for ${jurisdiction.name}`,
    updated: null,
  }
}

/** The id in the path. No id holds what no text may hold, so such an address leads nowhere (GR-ERR-05). */
function idOf(context: Context): string {
  const id = context.req.param('id') ?? ''
  return legalText(id) === id ? id : refuse('GR-ERR-05', 404, 'There is nothing at this address.')
}

function keyHash(said: Arguments, authorization: string | null): string | null {
  const key = presentedKey(said, authorization)
  return key ? hashOf(key).toString('hex') : null
}

/** what a page of another origin may do. */
function preflight(): Response {
  return answerEmpty(204, {
    'access-control-allow-methods': 'GET, HEAD, POST, OPTIONS',
    'access-control-allow-headers':
      'Authorization, Content-Type, Idempotency-Key, If-None-Match, Accept, Accept-Language',
    'access-control-max-age': '86400',
    allow: 'GET, HEAD, POST, OPTIONS',
  })
}

/** GR-GEN-08, A-11: only GET, HEAD, POST and OPTIONS are known here. */
function notAllowed(allow: readonly string[]): never {
  const description = `This method is not known here; use ${allow.join(', ')}.`
  throw new Refusal([{ rule: 'GR-GEN-08', status: 405, description }], { allow: allow.join(', ') })
}

/** GR-ERR-09: our own faults, in the same form, without their inner text. */
function faultRefusal(error: unknown, callId: string): Refusal {
  const unavailable = isUnavailable(error)
  const what = unavailable
    ? 'The service is not available now; please try again later.'
    : 'Something went wrong on our side.'
  const description = `${what} If you ask about it, name the call ${callId}.`
  const headers: Record<string, string> = unavailable ? { 'retry-after': '5' } : {}
  return new Refusal([{ rule: 'GR-ERR-09', status: unavailable ? 503 : 500, description }], headers)
}

function serverTiming(rooms: readonly [room: string, entered: number][]): string {
  const left = [...rooms.slice(1).map(([, entered]) => entered), performance.now()]
  return rooms
    .map(([room, entered], index) => `${room};dur=${(left[index]! - entered).toFixed(2)}`)
    .join(', ')
}
