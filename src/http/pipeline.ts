import type { Context } from 'hono'
import { describeError, elapsedMs } from '../log.js'
import { Refusal } from '../standard/refusal.js'
import { isUnavailable } from '../store/database/errors.js'
import type { AppContext } from './context.js'
import { type PathFormat, refuseUnknownPath } from './request.js'
import { createRequestContext, type RequestContext } from './request-context.js'
import { refusalResponse } from './response.js'

/**
 * One kind of request, as the pipeline runs it. Stages that it does not need are left out. Every stage may throw a
 * Refusal; only `query` touches the store.
 */
export interface Handler<Input = unknown, Access = unknown, Plan = unknown, Result = unknown> {
  /** Name of the operation in the log. */
  name: string
  /** Formats that a suffix of the path may name; null: no suffix. Any other is 404. */
  formats: readonly PathFormat[]
  /** Reads arguments and body. The key of an upload is already checked while its body arrives (authorizeUpload). */
  parse?(request: RequestContext): Input | Promise<Input>
  /** Checks the API key (GR-POST-02), then resolves the jurisdiction. */
  authorize?(request: RequestContext, input: Input): Access
  /** Turns arguments into a typed plan. The city API reads its body here, after the key. */
  plan?(request: RequestContext, input: Input, access: Access): Plan | Promise<Plan>
  /** A response that needs no query, in place of `query` and `encode`; null: there is none. */
  respondFromCache?(request: RequestContext, plan: Plan): Response | null
  /** Reads or writes the store. */
  query?(request: RequestContext, plan: Plan): Result | Promise<Result>
  /** Presents the result as a document and encodes it. */
  encode(request: RequestContext, plan: Plan, result: Result): Response | Promise<Response>
}

/** Checks the types between the stages of a handler, then hides them from the route table. */
export function defineHandler<Input = undefined, Access = undefined, Plan = undefined, Result = undefined>(
  handler: Handler<Input, Access, Plan, Result>,
): Handler {
  return handler as Handler
}

/**
 * Runs the requests of every API, in this order:
 *
 *     parse ▸ authorize ▸ plan ▸ query ▸ encode
 *
 * After `plan`, `respondFromCache` may respond in place of `query` and `encode`. What a stage throws is turned into a
 * response here: a Refusal into an error document in the caller's format, anything else is logged and becomes a 500 or
 * 503 without inner text (GR-ERR-09). Each request leaves one line in the log.
 *
 * Not run here: hits of the response cache, which are logged, and invalid HTTP (server.ts); probes and CORS preflights,
 * which are not logged (app/routes.ts).
 */
export function handleRequest(app: Pick<AppContext, 'log' | 'policy'>, handler: Handler) {
  return async (hono: Context): Promise<Response> => {
    const startedAt = performance.now()
    const request = createRequestContext(hono, handler.name)
    let response: Response
    try {
      response = await runStages(handler, request)
    } catch (error) {
      response = refuse(app, request, error)
    }
    await request.end()
    const { format, logFields } = request
    app.log.info(
      Object.assign(logFields, { format, status: response.status, ms: elapsedMs(startedAt) }),
      'request',
    )
    return response
  }
}

async function runStages(handler: Handler, request: RequestContext): Promise<Response> {
  if (!handler.formats.includes(request.url.format)) refuseUnknownPath()
  const input = await handler.parse?.(request)
  request.enter('authorize')
  const access = handler.authorize?.(request, input)
  request.enter('plan')
  const plan = await handler.plan?.(request, input, access)
  const cached = handler.respondFromCache?.(request, plan)
  if (cached) return cached
  request.enter('query')
  const result = await handler.query?.(request, plan)
  request.enter('encode')
  return handler.encode(request, plan, result)
}

function refuse(
  { log, policy }: Pick<AppContext, 'log' | 'policy'>,
  request: RequestContext,
  error: unknown,
): Response {
  const refusal = error instanceof Refusal ? error : toRefusal(error, request.id)
  if (refusal !== error) log.error({ ...request.logFields, error: describeError(error) }, 'request failed')
  request.logFields.rules = [...new Set(refusal.broken.map(({ rule }) => rule))]
  return refusalResponse(request.format, refusal, policy.strictStatus && !request.isCity, request.headers)
}

/** GR-ERR-09: an error of ours as an error document, without its inner text. */
function toRefusal(error: unknown, requestId: string): Refusal {
  const unavailable = isUnavailable(error)
  const what = unavailable
    ? 'The service is not available now; please try again later.'
    : 'Something went wrong on our side.'
  const description = `${what} If you ask about it, name the call ${requestId}.`
  const headers: Record<string, string> = unavailable ? { 'retry-after': '5' } : {}
  return new Refusal([{ rule: 'GR-ERR-09', status: unavailable ? 503 : 500, description }], headers)
}
