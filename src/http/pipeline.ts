import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Context } from 'hono'
import { describeError, elapsedMs, type Log } from '../log.js'
import type { Media } from '../media/open-media.js'
import type { Caller } from '../media/uploads.js'
import type { Limits } from '../operations/operation.js'
import type { ApiKey, Catalog } from '../standard/catalog.js'
import { Faults, Refusal, refuse } from '../standard/refusal.js'
import { type Endpoint, type Format, LIST_FORMATS, type ListFormat, type Scope } from '../standard/terms.js'
import { stripIllegalCharacters } from '../standard/text.js'
import { hashKey } from '../store/catalog/api-keys.js'
import type { Store } from '../store/database/database.js'
import { isUnavailable } from '../store/database/errors.js'
import type { ChangeSubscribers } from '../workers/change-subscribers.js'
import type { EventSequencer } from '../workers/event-sequencer.js'
import { type JurisdictionPolicy, readPresentedKey, requireKey } from './authorize.js'
import { type Arguments, negotiateFormat, parsePath, readArguments } from './request.js'
import { refusalResponse } from './response.js'
import type { CacheableResponse, ResponseCache } from './response-cache.js'

/** What the corridor needs from outside. */
export interface Parts {
  store: Store
  /** The catalog as it is now. */
  catalog(): Catalog
  /** What is answered before it gets here. */
  ready: ResponseCache
  events: EventSequencer
  followers: ChangeSubscribers
  media: Media
  /** Throws if the database does not answer. */
  ping(): Promise<void>
  log: Log
  limits: Limits
  gate: JurisdictionPolicy
  publicUrl: string
  maxBodyBytes: number
  strictStatus: boolean
  /** In front of this server; see clientOf. */
  proxies: number
  /** EXT-37: targets of webhooks may be in private networks. */
  allowPrivateTargets: boolean
  /** EXT-37: that one key may have. */
  mostWebhooks: number
}

/** Where the endpoints are. */
export const BASES: Readonly<Record<Endpoint, string>> = {
  production: '/open311/v2',
  test: '/open311/test/v2',
}

/** Where the city API is (EXT-40). It speaks JSON, whatever is asked for. */
export const CITY_BASE = '/city/v1'

export function isOfCity(path: string): boolean {
  return path.startsWith(`${CITY_BASE}/`)
}

/** A call on its way through the corridor. */
export interface Walk {
  context: Context
  /** Of the standard: what refusals are told in, whatever was asked for. */
  format: Format
  /** What was asked for by the suffix; null: nothing, or what `format` says. */
  asked: ListFormat | null
  /** Names the room that is entered, for Server-Timing. */
  enter(room: string): void
  timing(): string
  log: Record<string, unknown>
  /** Does something when the call is answered, however. */
  atEnd(ending: () => Promise<void>): void
  /** Headers of the answer, whatever it is. */
  headers: Readonly<Record<string, string>>
}

/** An id in the path. No id holds what no text may hold, so such an address leads nowhere (GR-ERR-05). */
export function idIn(context: Context, name: string): string {
  const id = context.req.param(name) ?? ''
  return stripIllegalCharacters(id) === id
    ? id
    : refuse('GR-ERR-05', 404, 'There is nothing at this address.')
}

/** Answers with what comes from the catalog as it was `then`, and keeps it ready for the next call like this one. */
export function answerReady(
  { ready }: Parts,
  { context, log, format, headers }: Walk,
  then: object,
  answer: Omit<CacheableResponse, 'log'>,
): Response {
  const { incoming } = (context.env ?? {}) as { incoming?: IncomingMessage }
  const { call: _, ...told } = log
  if (incoming) ready.store(incoming, { ...answer, log: { ...told, format } }, then)
  return new Response(answer.body, { status: answer.status, headers: { ...answer.headers, ...headers } })
}

/** Walks a call called `name` to its answer, whatever happens on the way: the only place that catches. */
export function walkWith(parts: Parts) {
  return (name: string, go: (walk: Walk) => Promise<Response> | Response) => async (context: Context) => {
    const started = performance.now()
    const rooms: [room: string, entered: number][] = [['door', started]]
    const callId = randomUUID()
    const headers = { 'x-call-id': callId }
    const { method } = context.req.raw
    const log: Record<string, unknown> = { call: callId, operation: name, method }
    const address = parsePath(context.req.url)
    const isCity = isOfCity(address.path)
    const format = isCity ? 'json' : negotiateFormat(address, context.req.header('accept') ?? null)
    const asked = LIST_FORMATS.find((each) => each === address.format) ?? null
    const endings: (() => Promise<void>)[] = []
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
        atEnd: (ending) => endings.push(ending),
      })
    } catch (error) {
      const refusal = error instanceof Refusal ? error : faultRefusal(error, callId)
      if (refusal !== error) parts.log.error({ ...log, fault: describeError(error) }, 'call failed')
      log.rules = [...new Set(refusal.broken.map((each) => each.rule))]
      answer = refusalResponse(format, refusal, parts.strictStatus && !isCity, headers)
    }
    for (const ending of endings) await ending()
    Object.assign(log, { format, status: answer.status, ms: elapsedMs(started) })
    parts.log.info(log, 'call')
    return answer
  }
}

/** The key of a call, which has to be good for `scope` (GR-KEY-01, 02). */
export function keyOfCall(parts: Parts, walk: Walk, said: Arguments, scope: Scope): ApiKey {
  if (/[?&]api(_|%5f)key=/i.test(walk.context.req.url))
    parts.log.warn({ ...walk.log }, 'api_key in the address of a call')
  return goodKey(parts, walk, said, scope)
}

/**
 * EXT-38: who calls, as far as it is known while files arrive; `inBody` is the key in the body, null: none yet. One that is
 * not good is refused; but none that is elsewhere, for the body may yet bring another, which counts more.
 */
export async function callerOf(
  parts: Parts,
  walk: Walk,
  inBody: string | null,
  scope: Scope,
): Promise<Caller | Refusal> {
  try {
    const said =
      inBody === null
        ? await readArguments(walk.context.req.url, null, new Faults())
        : new Map([['api_key', [stripIllegalCharacters(inBody)]]])
    goodKey(parts, walk, said, scope)
    return 'known'
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return inBody === null ? 'unknown' : error
  }
}

function goodKey(parts: Parts, { context }: Walk, said: Arguments, scope: Scope): ApiKey {
  const key = readPresentedKey(said, context.req.header('authorization') ?? null)
  return requireKey(key ? hashKey(key).toString('hex') : null, parts.catalog(), scope)
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
