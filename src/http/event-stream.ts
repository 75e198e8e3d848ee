import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { DocumentSchema, Row } from '../documents/document.js'
import { compileEventStream, contentType, HEARTBEAT } from '../formats/event-stream.js'
import { describeError } from '../log.js'
import type { GeoReportRequest, Operation, OperationResult } from '../operations/operation.js'
import { parsePreferences } from '../standard/accept-header.js'
import { refuse } from '../standard/refusal.js'
import { identifyClient } from './client-address.js'
import type { Parts, Walk } from './pipeline.js'
import { typedResponse } from './response.js'

/** EXT-36: whether a call asks for a stream of events: by its header, unless the path says something else. */
export function acceptsEventStream(suffix: string | null, accept: string | null): boolean {
  return suffix === null && accept !== null && parsePreferences(accept).includes(contentType)
}

/** Connections on which a call waits. A second one on the same would take a place that nobody else can have. */
const waitingSockets = new WeakSet<Socket>()

/** Lets a call in that may wait; the signal is given when its client is gone, whichever way that is told. */
function subscribeClient(
  { followers, proxies }: Parts,
  { context }: Walk,
): { signal: AbortSignal; leave(): void } {
  const { incoming } = (context.env ?? {}) as { incoming?: IncomingMessage }
  const { socket } = incoming ?? {}
  if (socket && waitingSockets.has(socket)) refuse('EXT-35', 503, 'Another call waits on this connection.')
  const leave = followers.admit(identifyClient(incoming, proxies))
  if (socket) waitingSockets.add(socket)
  const gone = new AbortController()
  const hangUp = () => gone.abort()
  socket?.once('close', hangUp)
  context.req.raw.signal.addEventListener('abort', hangUp)
  if (socket?.destroyed) hangUp()
  return {
    signal: gone.signal,
    leave: () => {
      socket?.off('close', hangUp)
      if (socket) waitingSockets.delete(socket)
      leave()
    },
  }
}

/** EXT-35: the answer to a call that waits; who hangs up waits no longer. */
export async function queryWithLongPoll(
  parts: Parts,
  walk: Walk,
  operation: Operation,
  plan: unknown,
): Promise<OperationResult> {
  const { followers, store, media } = parts
  const { signal, leave } = subscribeClient(parts, walk)
  try {
    return await operation.query(plan, store, {
      media: media.library,
      pollChanges: (asked, wait) => followers.poll(asked, wait, signal),
    })
  } finally {
    leave()
  }
}

/**
 * EXT-36: answers with a stream of Server-Sent Events. It is read as fast as its client takes it and not faster, so that
 * a slow one keeps nothing in memory; when it takes nothing at all, its connection is cut like any other.
 */
export async function streamResponse(
  parts: Parts,
  walk: Walk,
  operation: Operation,
  call: GeoReportRequest,
): Promise<Response> {
  const { context, headers, log } = walk
  const { followers } = parts
  const write = compileEventStream(operation.document as DocumentSchema)
  const { signal, leave } = subscribeClient(parts, walk)
  const ending = new AbortController()
  const end = () => {
    ending.abort()
    leave()
  }
  signal.addEventListener('abort', end)
  let lastEventId = call.stream?.lastEventId ?? null

  /** The events after the last one. Null: there will be no more. */
  async function next(wait: number): Promise<string | null> {
    // Names may have changed meanwhile.
    const jurisdiction = parts.catalog().jurisdictions.get(call.jurisdiction.jurisdiction_id)
    if (!jurisdiction) return null
    const plan = operation.plan({ ...call, jurisdiction, stream: { lastEventId, wait } })
    const answer = await operation.query(plan, parts.store, {
      media: parts.media.library,
      pollChanges: (asked, wait) => followers.poll(asked, wait, ending.signal),
    })
    if (ending.signal.aborted || followers.isStopped()) return null
    lastEventId = answer.lastEventId ?? lastEventId
    return write(answer.value as Row[]) || HEARTBEAT
  }

  let first: string | null
  try {
    // At once, so that a refusal is an answer like any other.
    first = await next(0)
  } catch (error) {
    end()
    throw error
  }
  const encoder = new TextEncoder()
  let isFirst = true
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const events = isFirst ? first : await next(followers.heartbeatMs)
          isFirst = false
          if (ending.signal.aborted) return
          if (events !== null) return controller.enqueue(encoder.encode(events))
        } catch (error) {
          // It has begun, so that nothing can be told any more; its client will come back.
          parts.log.error({ ...log, fault: describeError(error) }, 'stream failed')
        }
        end()
        controller.close()
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  )
  const own = { ...headers, 'cache-control': 'no-store', vary: 'Accept', 'x-accel-buffering': 'no' }
  if (context.req.raw.method !== 'HEAD') return typedResponse(contentType, body, own)
  end()
  return typedResponse(contentType, null, own)
}
