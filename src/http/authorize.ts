import type { ApiKey, Catalog, Jurisdiction } from '../standard/catalog.js'
import { Refusal, refuse } from '../standard/refusal.js'
import type { Scope } from '../standard/terms.js'
import { hashKey } from '../store/catalog/api-keys.js'
import type { AppContext, RequestPolicy } from './context.js'
import { type Arguments, readScalar } from './request.js'
import type { RequestContext } from './request-context.js'

/**
 * The jurisdiction of a request. jurisdiction_id is needed only where there are several (GR-JUR-01, GR-JUR-04); an
 * unknown one is 404 (GR-JUR-05), also where there is only one. One client sends the text `undefined` for none.
 */
export function resolveJurisdiction(
  args: Arguments,
  { jurisdictions }: Pick<Catalog, 'jurisdictions'>,
  policy: Pick<RequestPolicy, 'ignoreJurisdictionId'>,
): Jurisdiction {
  const only = jurisdictions.size === 1 ? [...jurisdictions.values()][0]! : null
  if (only && policy.ignoreJurisdictionId) return only
  const value = readScalar(args, 'jurisdiction_id')?.trim()
  const id = value === 'undefined' && !jurisdictions.has(value) ? undefined : value
  if (id !== undefined) {
    return jurisdictions.get(id) ?? refuse('GR-JUR-05', 404, 'jurisdiction_id was not found.')
  }
  if (only) return only
  if (jurisdictions.size === 0)
    refuse('GR-JUR-05', 404, 'jurisdiction_id was not found: none is served here yet.')
  return refuse(
    'GR-JUR-04',
    400,
    'jurisdiction_id was not provided, and this server serves several jurisdictions.',
  )
}

/**
 * The API key of a request, which must have `scope` (GR-KEY-01, GR-KEY-02). A key in the URL is logged as a warning: it
 * ends up in access logs and histories.
 */
export function authorizeKey(
  { log, catalog }: Pick<AppContext, 'log' | 'catalog'>,
  request: RequestContext,
  args: Arguments,
  scope: Scope,
): ApiKey {
  if (/(^|&)api(_|%5f)key=/i.test(request.url.query)) log.warn({ ...request.logFields }, 'api_key in the URL')
  return findKey(args, request.header('authorization'), catalog(), scope)
}

/**
 * A-13, EXT-38: the result of authorizing an upload before its body has arrived completely. `unknown`: no valid key so
 * far, but the body may still bring one, which wins.
 */
export function authorizeUpload(
  catalog: Catalog,
  request: RequestContext,
  args: Arguments,
  keyInBody: string | null,
  scope: Scope,
): 'known' | 'unknown' | Refusal {
  try {
    const keyArgs = keyInBody === null ? args : new Map([['api_key', [keyInBody]]])
    findKey(keyArgs, request.header('authorization'), catalog, scope)
    return 'known'
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return keyInBody === null ? 'unknown' : error
  }
}

function findKey(args: Arguments, authorization: string | null, catalog: Catalog, scope: Scope): ApiKey {
  const key = readPresentedKey(args, authorization)
  return requireKey(key ? hashKey(key).toString('hex') : null, catalog, scope)
}

/** The key as presented: argument api_key (GR-KEY-01), else `Authorization: Bearer`. */
export function readPresentedKey(args: Arguments, authorization: string | null): string | undefined {
  return readScalar(args, 'api_key')?.trim() ?? /^Bearer\s+(\S+)$/i.exec((authorization ?? '').trim())?.[1]
}

/** GR-KEY-02, A-10: 403 for a missing, empty (GR-KEY-05) or invalid key. `hash` is null if none was presented. */
export function requireKey(hash: string | null, catalog: Pick<Catalog, 'keys'>, scope: string): ApiKey {
  if (hash === null) refuse('GR-KEY-02', 403, 'api_key was not provided.')
  const key = catalog.keys.get(hash)
  if (!key) refuse('GR-KEY-02', 403, 'api_key is not valid.')
  if (!key.scopes.includes(scope)) refuse('GR-KEY-02', 403, 'api_key does not allow this.')
  return key
}

/** Refuses a key that is limited to another jurisdiction. */
export function checkKeyJurisdiction(key: ApiKey, jurisdiction: Jurisdiction): void {
  if (key.jurisdiction_id !== null && key.jurisdiction_id !== jurisdiction.jurisdiction_id) {
    refuse('GR-KEY-02', 403, 'api_key is not valid in this jurisdiction.')
  }
}
