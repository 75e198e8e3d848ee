import type { z } from 'zod'
import type { WebhookPolicy } from '../http/context.js'
import type { MediaLibrary } from '../media/library.js'
import type { ApiKey, Jurisdiction } from '../standard/catalog.js'
import type { Datetime } from '../standard/datetime.js'
import type { Endpoint, Scope } from '../standard/terms.js'
import type { Store } from '../store/database/database.js'

/** An authorized request to the city API, parsed by the schemas of its operation: the input of `plan`. */
export interface CityRequest<Args = unknown, Body = unknown> {
  /** Ids in the path, decoded, by name. */
  ids: Readonly<Record<string, string>>
  /** Arguments of the query string. */
  arguments: Args
  body: Body
  ifMatch: string | null
  jurisdiction: Jurisdiction
  endpoint: Endpoint
  key: ApiKey
  now: Datetime
}

/** Dependencies of `query`. */
export interface CityDependencies {
  store: Store
  media: MediaLibrary
  webhookPolicy: WebhookPolicy
}

/** `value` is sent as JSON; undefined: 204. */
export interface CityResult<Value> {
  value?: Value
  /** Version of the addressed resource: its ETag (EXT-42). */
  version?: number
}

/**
 * One operation of the city API (EXT-40). Requests are validated by its schemas, unknown members are
 * refused, and the OpenAPI document is generated from them (EXT-46). `plan` may refuse; only `query`
 * may touch the store.
 */
export interface CityOperation<
  Args extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType = z.ZodType,
  Value extends z.ZodType = z.ZodType,
  Plan = unknown,
> {
  name: string
  /** One sentence for client developers. */
  summary: string
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Below the base path of the city API; `:name` is an id, in which a slash is sent as %2F. */
  path: string
  /** Scope that the key must have. */
  scope: Scope
  /** Arguments of the query string, with schemas of http/arguments.ts; absent: none. */
  arguments?: Args
  /** Schema of the JSON object in the body; absent: no body is read. No body equals an empty object. */
  body?: Body
  /** EXT-42: whether If-Match is required or optional; absent: it is ignored. */
  ifMatch?: 'required' | 'optional'
  /** Schema of the response; null: 204. */
  result: Value | null
  /** When the response is 409, besides a failed If-Match. */
  conflict?: string
  plan(request: CityRequest<Partial<z.output<Args>>, z.output<Body>>): Plan
  query(plan: Plan, dependencies: CityDependencies): Promise<CityResult<z.input<Value>>>
}

/** Checks the types between schemas, plan and query, then hides them from the table of operations. */
export function defineCityOperation<
  Plan,
  Args extends z.ZodObject = z.ZodObject<Record<never, never>>,
  Body extends z.ZodType = z.ZodUndefined,
  Value extends z.ZodType = z.ZodUndefined,
>(definition: CityOperation<Args, Body, Value, Plan>): CityOperation {
  return definition as unknown as CityOperation
}

/** EXT-42: the ETag of one version. */
export function formatEtag(version: number): string {
  return `"${version}"`
}
