import type { z } from 'zod'
import type { Parts } from '../http/pipeline.js'
import type { ApiKey, Jurisdiction } from '../standard/catalog.js'
import type { Datetime } from '../standard/datetime.js'
import type { Endpoint, Scope } from '../standard/terms.js'

/** A call to the city API that is through the gate, read by the schemas of its operation. */
export interface CityRequest<Query = unknown, Body = unknown> {
  /** The parts of the path that are ids, decoded, by name. */
  ids: Readonly<Record<string, string>>
  /** Arguments in the address. */
  arguments: Query
  body: Body
  ifMatch: string | null
  jurisdiction: Jurisdiction
  endpoint: Endpoint
  key: ApiKey
  now: Datetime
}

/** What an operation may use to answer. */
export type CityDependencies = Pick<Parts, 'store' | 'media' | 'allowPrivateTargets' | 'mostWebhooks'>

/** `value` as JSON; none: 204. */
export interface CityResult<Value> {
  value?: Value
  /** Of what the path names: its ETag (EXT-42). */
  version?: number
}

/**
 * One operation of the city API (EXT-40). The corridor reads the call by its schemas, refuses what they do not know, and
 * the OpenAPI document is made of them (EXT-46). `plan` may refuse; only `answer` may touch the store.
 */
export interface CityOperation<
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType = z.ZodType,
  Value extends z.ZodType = z.ZodType,
  Plan = unknown,
> {
  name: string
  /** One sentence for people who write clients. */
  summary: string
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Below the base of the city API; `:name` is an id, in which a slash is sent as %2F. */
  path: string
  /** Which a key needs. */
  scope: Scope
  /** Arguments in the address, made of those of operations/arguments.ts; absent: none. */
  arguments?: Query
  /** A JSON object; absent: none is read. No body is the same as an empty object. */
  body?: Body
  /** EXT-42: whether the state that was seen has to be said, or may be; absent: it is not looked at. */
  ifMatch?: 'required' | 'optional'
  /** What is answered; null: nothing (204). */
  result: Value | null
  /** When it answers 409, besides for If-Match. */
  conflict?: string
  plan(call: CityRequest<Partial<z.output<Query>>, z.output<Body>>): Plan
  query(plan: Plan, parts: CityDependencies): Promise<CityResult<z.input<Value>>>
}

/** Keeps the types between schemas, plan and answer, and forgets them for the table of operations. */
export function cityOperation<
  Plan,
  Query extends z.ZodObject = z.ZodObject<Record<never, never>>,
  Body extends z.ZodType = z.ZodUndefined,
  Value extends z.ZodType = z.ZodUndefined,
>(definition: CityOperation<Query, Body, Value, Plan>): CityOperation {
  return definition as unknown as CityOperation
}

/** EXT-42: names one state of what has versions. */
export function versionEtag(version: number): string {
  return `"${version}"`
}
