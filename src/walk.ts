import type { IncomingMessage } from 'node:http'
import type { Context } from 'hono'
import type { EventWorker } from './event-worker.js'
import type { GateRules } from './gate.js'
import type { Log } from './log.js'
import type { Limits } from './operations/operation.js'
import type { ReadyAnswer, ReadyAnswers } from './ready-answers.js'
import type { Catalog } from './standard/catalog.js'
import type { Endpoint, Format, ListFormat } from './standard/terms.js'
import type { Store } from './store/database.js'

/** What the corridor needs from outside. */
export interface Parts {
  store: Store
  /** The catalog as it is now. */
  catalog(): Catalog
  /** What is answered before it gets here. */
  ready: ReadyAnswers
  events: EventWorker
  /** Throws if the database does not answer. */
  ping(): Promise<void>
  log: Log
  limits: Limits
  gate: GateRules
  publicUrl: string
  maxBodyBytes: number
  strictStatus: boolean
}

/** Where the endpoints are. */
export const BASES: Readonly<Record<Endpoint, string>> = {
  production: '/open311/v2',
  test: '/open311/test/v2',
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
  /** Headers of the answer, whatever it is. */
  headers: Readonly<Record<string, string>>
}

/** Answers with what comes from the catalog as it was `then`, and keeps it ready for the next call like this one. */
export function answerReady(
  { ready }: Parts,
  { context, log, format, headers }: Walk,
  then: object,
  answer: Omit<ReadyAnswer, 'log'>,
): Response {
  const { incoming } = (context.env ?? {}) as { incoming?: IncomingMessage }
  const { call: _, ...told } = log
  if (incoming) ready.keep(incoming, { ...answer, log: { ...told, format } }, then)
  return new Response(answer.body, { status: answer.status, headers: { ...answer.headers, ...headers } })
}
