import { z } from 'zod'
import { oneOf, parseArguments } from '../http/arguments.js'
import { checkKeyJurisdiction, resolveJurisdiction } from '../http/authorize.js'
import { readBytes } from '../http/body.js'
import { readConditionalHeaders } from '../http/catalog-response-cache.js'
import { encodeBody } from '../http/encoded-body.js'
import { idIn, keyOfCall, type Parts, type Walk } from '../http/pipeline.js'
import { type Arguments, parsePath, readArguments } from '../http/request.js'
import { emptyResponse, formatResponse, readResponse } from '../http/response.js'
import type { ApiKey, Jurisdiction } from '../standard/catalog.js'
import { formatDatetime } from '../standard/datetime.js'
import { Faults, refuse, truncate } from '../standard/refusal.js'
import { ENDPOINTS } from '../standard/terms.js'
import { parseJsonBody } from './json-body.js'
import { type CityOperation, versionEtag } from './operation.js'

/** Arguments that every operation takes (EXT-40). */
export const SHARED_ARGUMENTS = { endpoint: oneOf(...ENDPOINTS) }
const AUTHORIZATION_ARGUMENTS = ['api_key', 'jurisdiction_id']

/** The rooms of the city API, in order, for one operation. */
export function cityHandler(parts: Parts, operation: CityOperation) {
  const names = [...operation.path.matchAll(/:(\w+)/g)].map(([, name]) => name!)
  const known = z.object({ ...SHARED_ARGUMENTS, ...operation.arguments?.shape })
  return async (walk: Walk): Promise<Response> => {
    const { context, enter, timing, log } = walk
    const { url } = context.req
    if ((parsePath(url).format ?? 'json') !== 'json')
      refuse('GR-ERR-05', 404, 'There is nothing at this address.')
    const header = (name: string) => context.req.header(name) ?? null
    const faults = new Faults()
    const said = await readArguments(url, null, faults)

    enter('gate')
    // GR-POST-02: the key before all else, also before what cannot be read.
    const key = keyOfCall(parts, walk, said, operation.scope)
    const jurisdiction = resolveKeyJurisdiction(key, said, parts)
    Object.assign(log, { jurisdiction_id: jurisdiction.jurisdiction_id, key_id: key.key_id })
    const bytes = operation.body ? await readBytes(context, parts.maxBodyBytes) : null

    enter('plan')
    refuseUnknownArguments(said, known.shape, faults)
    const { endpoint = 'production', ...query } = parseArguments(known, said, 'EXT-40', faults)
    const body = operation.body && parseJsonBody(operation.body, bytes, header('content-type'), faults)
    faults.refuse()
    const plan = operation.plan({
      ids: Object.fromEntries(names.map((name) => [name, idIn(context, name)])),
      arguments: query,
      body,
      ifMatch: header('if-match'),
      jurisdiction,
      endpoint,
      key,
      now: formatDatetime(Date.now()),
    })

    enter('store')
    const { value, version } = await operation.query(plan, parts)
    const headers = {
      ...walk.headers,
      ...(version === undefined ? {} : { etag: versionEtag(version) }),
      'server-timing': timing(),
    }
    if (operation.method !== 'GET') {
      parts.events.wake()
      const own = { ...headers, 'cache-control': 'no-store' }
      return value === undefined
        ? emptyResponse(204, own)
        : formatResponse('json', JSON.stringify(value), own)
    }
    const own = { ...headers, 'cache-control': 'private, no-cache', vary: 'Authorization, Accept-Encoding' }
    return readResponse('json', encodeBody([JSON.stringify(value)]), own, readConditionalHeaders(context))
  }
}

/** A key that is good in one jurisdiction says by itself which one is meant; another one is refused (GR-KEY-02). */
function resolveKeyJurisdiction(key: ApiKey, said: Arguments, parts: Parts): Jurisdiction {
  const catalog = parts.catalog()
  const own = key.jurisdiction_id === null ? undefined : catalog.jurisdictions.get(key.jurisdiction_id)
  if (own && !said.has('jurisdiction_id')) return own
  const jurisdiction = resolveJurisdiction(said, catalog, parts.gate)
  checkKeyJurisdiction(key, jurisdiction)
  return jurisdiction
}

/** Whoever mistypes the name of an argument is told (EXT-40). */
function refuseUnknownArguments(said: Arguments, shape: object, faults: Faults): void {
  for (const name of said.keys()) {
    if (!Object.hasOwn(shape, name) && !AUTHORIZATION_ARGUMENTS.includes(name))
      faults.add('EXT-40', 400, `${truncate(name)} is not known here.`)
  }
}
