import type { z } from 'zod'
import type { DocumentSchema, Row, Table } from '../documents/document.js'
import type { PollChanges } from '../http/event-stream.js'
import type { Limits } from '../http/limits.js'
import type { Arguments } from '../http/request.js'
import type { MediaLibrary } from '../media/library.js'
import type { Upload } from '../media/uploads.js'
import type { ApiKey, Jurisdiction } from '../standard/catalog.js'
import type { Datetime } from '../standard/datetime.js'
import type { Endpoint, ListFormat, Scope } from '../standard/terms.js'
import type { Store } from '../store/database/database.js'

/** An authorized request: the input of `plan`. */
export interface GeoReportRequest {
  args: Arguments
  /** Uploaded files, if the operation accepts any. */
  uploads: readonly Upload[]
  /** The id in the path, decoded; empty if the operation has none. */
  id: string
  /** List format that the suffix names; null: XML or JSON. */
  listFormat: ListFormat | null
  jurisdiction: Jurisdiction
  endpoint: Endpoint
  /** Null for reads: they need no key (GR-KEY-03) and check none (GR-KEY-04). */
  key: ApiKey | null
  idempotencyKey: string | null
  acceptLanguage: string | null
  /** EXT-36: set for a round of an event stream. */
  stream: StreamPoll | null
  now: Datetime
  limits: Limits
}

/** One round of an event stream: the same request again, as if the client had reconnected. */
export interface StreamPoll {
  /** Id of the last event that was sent; null: none yet. */
  lastEventId: string | null
  /** Longest long poll, in ms. */
  wait: number
}

/** Dependencies of `query`. */
export interface OperationDependencies {
  store: Store
  media: MediaLibrary
  /** EXT-35: set where the operation may long-poll. */
  pollChanges?: PollChanges
}

/** Cache entry of a response that depends on the catalog alone. */
export interface CachePolicy {
  /** Distinguishes the responses of one operation. */
  key: string
  /** Text whose digest is the ETag; absent: the body. */
  etagSource?: string
}

/** Values of the operation's document, and response headers. */
export interface OperationResult {
  value: Row | readonly Row[] | Table
  headers?: Readonly<Record<string, string>>
  /** EXT-36: id of the last event in `value`. */
  lastEventId?: string
}

/** One method of GeoReport v2 or of an extension. `plan` may refuse; only `query` may touch the store. */
export interface Operation<Plan = unknown> {
  name: string
  /** One sentence for client developers (EXT-46). */
  summary: string
  method: 'GET' | 'POST'
  /** Below the base path of an endpoint; `:id` takes the rest of the path. */
  path: string
  /**
   * Arguments with their documentation (EXT-46); absent: none. jurisdiction_id is common to all
   * operations.
   */
  arguments?: z.ZodObject
  /** Request headers that the operation reads, with their documentation. */
  headers?: Readonly<Record<string, string>>
  /** Scope that the api_key must have; absent: no key is needed. */
  scope?: Scope
  /** Set for operations that read the catalog alone; null: this request is not cached. */
  cache?(request: GeoReportRequest): CachePolicy | null
  /** EXT-20: formats besides XML and JSON. */
  listFormats?: readonly ListFormat[]
  /** EXT-38 */
  acceptsUploads?: true
  /** Null: any JSON value, no XML. */
  document: DocumentSchema | null
  /** The document has no XML form. */
  isJsonOnly?: true
  /** EXT-35, EXT-36: set for operations that read the change feed; whether a plan may long-poll. */
  longPolls?(plan: Plan): boolean
  plan(request: GeoReportRequest): Plan
  query(plan: Plan, dependencies: OperationDependencies): Promise<OperationResult> | OperationResult
}

/** Checks the type of the plan between `plan` and `query`, then hides it from the table of operations. */
export function defineOperation<Plan>(definition: Operation<Plan>): Operation {
  return definition as Operation
}
