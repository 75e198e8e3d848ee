import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Context } from 'hono'
import type { Format } from '../standard/terms.js'
import { stripIllegalCharacters } from '../standard/text.js'
import { isCityPath } from './paths.js'
import { negotiateFormat, type ParsedUrl, parseUrl, refuseUnknownPath } from './request.js'

/** Stages of the pipeline, as Server-Timing names them. */
export type Stage = 'parse' | 'authorize' | 'plan' | 'query' | 'encode'

/** One request on its way through the pipeline. */
export interface RequestContext {
  /** Sent as X-Request-Id and written to the log. */
  id: string
  method: string
  url: ParsedUrl
  /** Format of the response unless the suffix names a list format, and of every error document (GR-ERR-10). */
  format: Format
  /** The city API: JSON only, and statuses beyond the standard. */
  isCity: boolean
  header(name: string): string | null
  /** An id in the path, decoded. Refuses ids with characters that no text may hold (GR-ERR-05). */
  pathId(name: string): string
  /** The connection; undefined where a test calls the app without a server. */
  incoming: IncomingMessage | undefined
  /** Aborted when the client goes away. A function: node-server builds the signal when it is first asked for. */
  signal(): AbortSignal
  /** Body as it arrives; null: none. */
  body(): AsyncIterable<Uint8Array> | null
  /** Headers of the response, whatever it is. */
  headers: Readonly<Record<string, string>>
  /** Fields of the log line of this request. */
  logFields: Record<string, unknown>
  enter(stage: Stage): void
  /** Value of the Server-Timing header: milliseconds spent in each stage so far. */
  serverTiming(): string
  /** Registers a task that runs after the response is made, successful or not. */
  onEnd(task: () => Promise<void>): void
  end(): Promise<void>
}

export function createRequestContext(hono: Context, operation: string): RequestContext {
  const { raw } = hono.req
  const { incoming } = (hono.env ?? {}) as { incoming?: IncomingMessage }
  const url = parseUrl(raw.url)
  const isCity = isCityPath(url.path)
  const id = randomUUID()
  const stages: [stage: Stage, enteredAt: number][] = [['parse', performance.now()]]
  const tasks: (() => Promise<void>)[] = []
  const header = (name: string) => hono.req.header(name) ?? null
  return {
    id,
    method: raw.method,
    url,
    format: isCity ? 'json' : negotiateFormat(url, header('accept')),
    isCity,
    header,
    pathId: (name) => {
      const value = hono.req.param(name) ?? ''
      return stripIllegalCharacters(value) === value ? value : refuseUnknownPath()
    },
    incoming,
    signal: () => raw.signal,
    // From the connection where there is one: reading through Request costs a stream of streams.
    body: () => incoming ?? (raw.body as AsyncIterable<Uint8Array> | null),
    headers: { 'x-request-id': id },
    logFields: { request_id: id, operation, method: raw.method },
    enter: (stage) => stages.push([stage, performance.now()]),
    serverTiming: () => formatServerTiming(stages),
    onEnd: (task) => tasks.push(task),
    end: async () => {
      for (const task of tasks) await task()
    },
  }
}

function formatServerTiming(stages: readonly [stage: Stage, enteredAt: number][]): string {
  const leftAt = [...stages.slice(1).map(([, enteredAt]) => enteredAt), performance.now()]
  return stages
    .map(([stage, enteredAt], index) => `${stage};dur=${(leftAt[index]! - enteredAt).toFixed(2)}`)
    .join(', ')
}
