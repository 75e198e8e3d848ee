import type { Context } from 'hono'
import type { GateRules } from './gate.js'
import type { Log } from './log.js'
import type { Limits } from './operations/operation.js'
import type { Catalog } from './standard/catalog.js'
import type { Endpoint, Format, ListFormat } from './standard/terms.js'
import type { Store } from './store/database.js'

/** What the corridor needs from outside. */
export interface Parts {
  store: Store
  /** The catalog as it is now. */
  catalog(): Catalog
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
}
