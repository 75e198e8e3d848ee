import { sql } from 'kysely'
import type { Datetime } from '../../standard/datetime.js'
import type { EventKind } from '../../standard/events.js'
import type { Store } from './database.js'

/**
 * Context of the events that database triggers write: facts that the changed row does not hold
 * (function event_context in test/store/schema.sql).
 */
export interface EventContext {
  key_id?: number | null
  /** Default: derived from the changed columns. */
  kind?: EventKind
  /** Time of the event; default: time of the change. */
  datetime?: Datetime
  /** New `updated_datetime`, set only if public fields change. */
  now?: Datetime
  /** Status code that an update states, applied or not. */
  said_status?: string
  description?: string | null
  media_urls?: readonly string[]
}

/** Sets the context of all later events of this transaction, until the next call. */
export async function setEventContext(transaction: Store, context: EventContext): Promise<void> {
  await sql`select set_config('georeport.event', ${JSON.stringify(context)}, true)`.execute(transaction)
}

/** Advisory lock of the event sequencer: one process at a time assigns event positions. */
export const SEQUENCER_LOCK = 31_10_5
