import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Change } from '../documents/rows.js'
import { contentType, HEARTBEAT } from '../formats/event-stream.js'
import { describeError } from '../log.js'
import { parsePreferences } from '../standard/accept-header.js'
import { refuse } from '../standard/refusal.js'
import type { ChangeFeedPlan } from '../store/events/change-feed.js'
import { identifyClient } from './client-address.js'
import type { AppContext } from './context.js'
import type { RequestContext } from './request-context.js'
import { typedResponse } from './response.js'

/** EXT-36: whether a request asks for Server-Sent Events: by its Accept header, unless a suffix decides. */
export function acceptsEventStream({ url, header }: Pick<RequestContext, 'url' | 'header'>): boolean {
  const accept = header('accept')
  return url.format === null && accept !== null && parsePreferences(accept).includes(contentType)
}

/** Reads a part of the change feed; long-polls for up to `waitMs` where it is empty. */
export type PollChanges = (plan: ChangeFeedPlan, waitMs: number) => Promise<Change[]>

type SubscriberContext = Pick<AppContext, 'subscribers' | 'policy' | 'log'>

/** EXT-35: runs `query`, which may long-poll until the client goes away. */
export async function withLongPoll<Result>(
  app: SubscriberContext,
  request: RequestContext,
  query: (pollChanges: PollChanges) => Promise<Result> | Result,
): Promise<Result> {
  const { signal, leave } = admitSubscriber(app, request)
  try {
    return await query((plan, waitMs) => app.subscribers.poll(plan, waitMs, signal))
  } finally {
    leave()
  }
}

/** A round of an event stream: encoded events, and the id of the last one. Null ends the stream. */
export interface StreamRound {
  events: string
  lastEventId: string | null
}

/** Reads the next round, long-polling for up to `waitMs`. */
export type ReadRound = (
  lastEventId: string | null,
  waitMs: number,
  pollChanges: PollChanges,
) => Promise<StreamRound | null>

/**
 * EXT-36: opens a stream of Server-Sent Events. It is pulled by the client, so that a slow client holds nothing in memory;
 * a client that reads nothing is ended by the idle timeout. The first round is read at once: a refusal there is an
 * ordinary error response.
 */
export async function openEventStream(
  app: SubscriberContext,
  request: RequestContext,
  readRound: ReadRound,
): Promise<ReadableStream<Uint8Array> | null> {
  const { subscribers } = app
  const { signal, leave } = admitSubscriber(app, request)
  const ending = new AbortController()
  const end = () => {
    ending.abort()
    leave()
  }
  signal.addEventListener('abort', end)
  let lastEventId = request.header('last-event-id')

  async function next(waitMs: number): Promise<string | null> {
    const round = await readRound(lastEventId, waitMs, (plan, wait) =>
      subscribers.poll(plan, wait, ending.signal),
    )
    if (!round || ending.signal.aborted || subscribers.isStopped()) return null
    lastEventId = round.lastEventId ?? lastEventId
    return round.events || HEARTBEAT
  }

  let first: string | null
  try {
    first = await next(0)
  } catch (error) {
    end()
    throw error
  }
  if (request.method === 'HEAD') {
    end()
    return null
  }
  const encoder = new TextEncoder()
  let isFirst = true
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const events = isFirst ? first : await next(subscribers.heartbeatMs)
          isFirst = false
          if (ending.signal.aborted) return
          if (events !== null) return controller.enqueue(encoder.encode(events))
        } catch (error) {
          // The response has begun, so no error can be sent; the client reconnects.
          app.log.error({ ...request.logFields, error: describeError(error) }, 'event stream failed')
        }
        end()
        controller.close()
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  )
}

export function eventStreamResponse(
  request: RequestContext,
  body: ReadableStream<Uint8Array> | null,
): Response {
  const headers = { 'cache-control': 'no-store', vary: 'Accept', 'x-accel-buffering': 'no' }
  return typedResponse(contentType, body, { ...request.headers, ...headers })
}

/** Connections with a waiting request. A second one on the same connection would take a subscriber's place in vain. */
const waitingSockets = new WeakSet<Socket>()

/** Counts the request as a subscriber until `leave`; refuses beyond the limits (EXT-35). `signal`: the client went away. */
function admitSubscriber(
  { subscribers, policy }: SubscriberContext,
  request: RequestContext,
): { signal: AbortSignal; leave(): void } {
  const { incoming } = request
  const { socket } = incoming ?? ({} as Partial<IncomingMessage>)
  if (socket && waitingSockets.has(socket)) refuse('EXT-35', 503, 'Another call waits on this connection.')
  const leave = subscribers.admit(identifyClient(incoming, policy.trustedProxies))
  if (socket) waitingSockets.add(socket)
  const gone = new AbortController()
  const abort = () => gone.abort()
  socket?.once('close', abort)
  request.signal().addEventListener('abort', abort)
  if (socket?.destroyed) abort()
  return {
    signal: gone.signal,
    leave: () => {
      socket?.off('close', abort)
      if (socket) waitingSockets.delete(socket)
      leave()
    },
  }
}
