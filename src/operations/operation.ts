import type { z } from 'zod'
import type { DocumentSchema, Row, Table } from '../documents/document.js'
import type { Arguments } from '../http/request.js'
import type { MediaLibrary } from '../media/library.js'
import type { Upload } from '../media/uploads.js'
import type { ApiKey, Jurisdiction } from '../standard/catalog.js'
import type { Datetime } from '../standard/datetime.js'
import type { Endpoint, ListFormat, Scope } from '../standard/terms.js'
import type { Store } from '../store/database/database.js'
import type { Change, ChangeFeedPlan } from '../store/events/change-feed.js'

/** Numbers a city may set. */
export interface Limits {
  /** GR-LIST-05, 06: the longest span of a list, and its default, in days. */
  listDays: number
  /** GR-LIST-07, A-52: the most service requests in one list, and its default. */
  listRows: number
  /** GR-TOK-05: how long a token can be exchanged after its id was assigned, in days. */
  tokenDays: number
  /** EXT-35: the longest wait for changes, in seconds. */
  waitSeconds: number
}

/** EXT-27: the limits as headers. */
export function buildLimitHeaders({ listDays, listRows, tokenDays }: Limits): Record<string, string> {
  return {
    'x-list-max-rows': String(listRows),
    'x-list-max-days': String(listDays),
    'x-token-days': String(tokenDays),
  }
}

/** A call that is through the gate: what was said, where, by whom and when. */
export interface GeoReportRequest {
  args: Arguments
  /** Files that came with it, where the operation takes some. */
  uploads: readonly Upload[]
  /** The part of the path that is an id, decoded; absent where the operation has none. */
  id: string
  /** Asked for by the suffix; null: a format of the standard. */
  listFormat: ListFormat | null
  jurisdiction: Jurisdiction
  endpoint: Endpoint
  /** null for reads, which need none (GR-KEY-03) and look at none (GR-KEY-04). */
  key: ApiKey | null
  idempotencyKey: string | null
  acceptLanguage: string | null
  /** EXT-36: set where a stream of events is asked for. */
  stream: StreamPoll | null
  now: Datetime
  limits: Limits
}

/** A stream of events is the same call again and again, as if its client came back after each answer. */
export interface StreamPoll {
  /** Of the last event that it has; null: none yet. */
  lastEventId: string | null
  /** Milliseconds to wait for something to tell. */
  wait: number
}

/** Reads changes; where there are none, waits for them at most so many milliseconds. */
export type PollChanges = (plan: ChangeFeedPlan, wait: number) => Promise<Change[]>

/** What an operation may use besides the store. */
export interface OperationDependencies {
  media: MediaLibrary
  /** Where it is worth waiting. */
  pollChanges?: PollChanges
}

/** How an answer from the catalog is kept. */
export interface CachePolicy {
  /** Tells the answers of an operation apart. */
  key: string
  /** What its ETag is a digest of, if not of the body. */
  tag?: string
}

/** What an operation answers: the values of its document, and headers that go with them. */
export interface OperationResult {
  value: Row | readonly Row[] | Table
  headers?: Readonly<Record<string, string>>
  /** EXT-36: of the last event in it. */
  lastEventId?: string
}

/** One method of the standard. `plan` may refuse; only `answer` may touch the store. */
export interface Operation<Plan = unknown> {
  name: string
  /** One sentence for people who write clients. */
  summary: string
  method: 'GET' | 'POST'
  /** Below the base of an endpoint; `:id` takes the rest of the path. */
  path: string
  /** Its arguments, each with how it is said (EXT-46); those that every operation has apart. Absent: none. */
  arguments?: z.ZodObject
  /** Headers that it looks at, and what they are for. */
  headers?: Readonly<Record<string, string>>
  /** The scope a key needs; absent: no key is asked for. */
  scope?: Scope
  /**
   * Answered from the catalog alone, the same for everyone until the catalog changes: kept, and given an ETag. Null:
   * not this time.
   */
  cache?(call: GeoReportRequest): CachePolicy | null
  /** EXT-20: the answer can be had in these formats too. */
  listFormats?: readonly ListFormat[]
  /** EXT-38: files may come with the call. */
  acceptsUploads?: true
  /** null: any JSON value, and no XML. */
  document: DocumentSchema | null
  /** Nothing that an old client asks for: it has no XML. */
  isJsonOnly?: true
  /** EXT-35, EXT-36: it tells what happens; it can be had as a stream of events, and may wait for something to tell. */
  longPolls?(plan: Plan): boolean
  plan(call: GeoReportRequest): Plan
  query(plan: Plan, store: Store, means: OperationDependencies): Promise<OperationResult> | OperationResult
}

/** Keeps the plan's type between `plan` and `answer`, and forgets it for the table of operations. */
export function operation<Plan>(definition: Operation<Plan>): Operation {
  return definition as Operation
}
