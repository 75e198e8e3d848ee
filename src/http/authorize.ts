import type { ApiKey, Catalog, Jurisdiction } from '../standard/catalog.js'
import { refuse } from '../standard/refusal.js'
import { type Arguments, readScalar } from './request.js'

/** Ways a city may loosen the gate. */
export interface JurisdictionPolicy {
  /** GR-JUR-03, A-12: a server of one jurisdiction disregards jurisdiction_id altogether. */
  ignoreJurisdictionId: boolean
}

/**
 * The jurisdiction a call is for. Needed only where there are several (GR-JUR-01, 04); an unknown one is not found
 * (GR-JUR-05), also where there is only one. One client sends the word `undefined` for none.
 */
export function resolveJurisdiction(
  said: Arguments,
  catalog: Catalog,
  rules: JurisdictionPolicy,
): Jurisdiction {
  const { jurisdictions } = catalog
  const only = jurisdictions.size === 1 ? [...jurisdictions.values()][0]! : null
  if (only && rules.ignoreJurisdictionId) return only
  const given = readScalar(said, 'jurisdiction_id')?.trim()
  const named = given === 'undefined' && !jurisdictions.has(given) ? undefined : given
  if (named !== undefined) {
    return jurisdictions.get(named) ?? refuse('GR-JUR-05', 404, 'jurisdiction_id was not found.')
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

/** A key as the caller presented it: the argument api_key (GR-KEY-01), or else `Authorization: Bearer`. */
export function readPresentedKey(said: Arguments, authorization: string | null): string | undefined {
  return readScalar(said, 'api_key')?.trim() ?? /^Bearer\s+(\S+)$/i.exec((authorization ?? '').trim())?.[1]
}

/** GR-KEY-02, A-10: a missing, empty (GR-KEY-05) or invalid key is a 403; `hash` is null when none was presented. */
export function requireKey(hash: string | null, catalog: Catalog, scope: string): ApiKey {
  if (hash === null) refuse('GR-KEY-02', 403, 'api_key was not provided.')
  const key = catalog.keys.get(hash)
  if (!key) refuse('GR-KEY-02', 403, 'api_key is not valid.')
  if (!key.scopes.includes(scope)) refuse('GR-KEY-02', 403, 'api_key does not allow this.')
  return key
}

/** A key may be limited to one jurisdiction. */
export function checkKeyJurisdiction(key: ApiKey, jurisdiction: Jurisdiction): void {
  if (key.jurisdiction_id !== null && key.jurisdiction_id !== jurisdiction.jurisdiction_id) {
    refuse('GR-KEY-02', 403, 'api_key is not valid in this jurisdiction.')
  }
}
