import { answerAs } from './answer.js'
import type { DocumentSchema, Row } from './documents/document.js'
import { compile, contentType, HEARTBEAT } from './formats/event-stream.js'
import { faultOf } from './log.js'
import type { Answer, Call, Operation } from './operations/operation.js'
import { preferences } from './standard/preferences.js'
import type { Parts, Walk } from './walk.js'

/** EXT-36: whether a call asks for a stream of events: by its header, unless the path says something else. */
export function asksForStream(suffix: string | null, accept: string | null): boolean {
  return suffix === null && accept !== null && preferences(accept).includes(contentType)
}

/** EXT-35: the answer to a call that waits; who hangs up waits no longer. */
export async function answerLater(
  { followers, store, media }: Parts,
  { context }: Walk,
  operation: Operation,
  plan: unknown,
): Promise<Answer> {
  const leave = followers.enter()
  try {
    const { signal } = context.req.raw
    return await operation.answer(plan, store, {
      media: media.keeper,
      follow: (asked, wait) => followers.changes(asked, wait, signal),
    })
  } finally {
    leave()
  }
}

/**
 * EXT-36: answers with a stream of Server-Sent Events. It is read as fast as its client takes it and not faster, so that
 * a slow one keeps nothing in memory; when it takes nothing at all, its connection is cut like any other.
 */
export async function answerStream(
  parts: Parts,
  { context, headers, log }: Walk,
  operation: Operation,
  call: Call,
): Promise<Response> {
  const { followers } = parts
  const write = compile(operation.document as DocumentSchema)
  const leave = followers.enter()
  const ending = new AbortController()
  const end = () => {
    ending.abort()
    leave()
  }
  let lastEventId = call.stream?.lastEventId ?? null

  /** The events after the last one. Null: there will be no more. */
  async function next(wait: number): Promise<string | null> {
    // Names may have changed meanwhile.
    const jurisdiction = parts.catalog().jurisdictions.get(call.jurisdiction.jurisdiction_id)
    if (!jurisdiction) return null
    const plan = operation.plan({ ...call, jurisdiction, stream: { lastEventId, wait } })
    const answer = await operation.answer(plan, parts.store, {
      media: parts.media.keeper,
      follow: (asked, wait) => followers.changes(asked, wait, ending.signal),
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
          const events = isFirst ? first : await next(followers.heartbeat)
          isFirst = false
          if (ending.signal.aborted) return
          if (events !== null) return controller.enqueue(encoder.encode(events))
        } catch (error) {
          // It has begun, so that nothing can be told any more; its client will come back.
          parts.log.error({ ...log, fault: faultOf(error) }, 'stream failed')
        }
        end()
        controller.close()
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  )
  const own = { ...headers, 'cache-control': 'no-store', vary: 'Accept', 'x-accel-buffering': 'no' }
  if (context.req.raw.method !== 'HEAD') return answerAs(contentType, body, own)
  end()
  return answerAs(contentType, null, own)
}
