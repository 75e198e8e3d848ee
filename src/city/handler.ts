import { z } from 'zod'
import { oneWord, read } from '../http/arguments.js'
import { admit, jurisdictionOf } from '../http/authorize.js'
import { readBytes } from '../http/body.js'
import { takingOf } from '../http/catalog-response-cache.js'
import { written } from '../http/encoded-body.js'
import { idIn, keyOfCall, type Parts, type Walk } from '../http/pipeline.js'
import { type Arguments, addressOf, readArguments } from '../http/request.js'
import { answerEmpty, answerRead, answerWith } from '../http/response.js'
import type { ApiKey, Jurisdiction } from '../standard/catalog.js'
import { formatDatetime } from '../standard/datetime.js'
import { Faults, refuse, shortened } from '../standard/refusal.js'
import { ENDPOINTS } from '../standard/terms.js'
import { readObject } from './json-body.js'
import { type CityOperation, etagOfVersion } from './operation.js'

/** Arguments that every operation takes (EXT-40). */
export const SHARED = { endpoint: oneWord(...ENDPOINTS) }
const KNOWN_TO_THE_GATE = ['api_key', 'jurisdiction_id']

/** The rooms of the city API, in order, for one operation. */
export function cityCorridor(parts: Parts, operation: CityOperation) {
  const names = [...operation.path.matchAll(/:(\w+)/g)].map(([, name]) => name!)
  const known = z.object({ ...SHARED, ...operation.query?.shape })
  return async (walk: Walk): Promise<Response> => {
    const { context, enter, timing, log } = walk
    const { url } = context.req
    if ((addressOf(url).format ?? 'json') !== 'json')
      refuse('GR-ERR-05', 404, 'There is nothing at this address.')
    const header = (name: string) => context.req.header(name) ?? null
    const faults = new Faults()
    const said = await readArguments(url, null, faults)

    enter('gate')
    // GR-POST-02: the key before all else, also before what cannot be read.
    const key = keyOfCall(parts, walk, said, operation.scope)
    const jurisdiction = jurisdictionFor(key, said, parts)
    Object.assign(log, { jurisdiction_id: jurisdiction.jurisdiction_id, key_id: key.key_id })
    const bytes = operation.body ? await readBytes(context, parts.maxBodyBytes) : null

    enter('plan')
    refuseUnknown(said, known.shape, faults)
    const { endpoint = 'production', ...query } = read(known, said, 'EXT-40', faults)
    const body = operation.body && readObject(operation.body, bytes, header('content-type'), faults)
    faults.refuse()
    const plan = operation.plan({
      ids: Object.fromEntries(names.map((name) => [name, idIn(context, name)])),
      query,
      body,
      ifMatch: header('if-match'),
      jurisdiction,
      endpoint,
      key,
      now: formatDatetime(Date.now()),
    })

    enter('store')
    const { value, version } = await operation.answer(plan, parts)
    const headers = {
      ...walk.headers,
      ...(version === undefined ? {} : { etag: etagOfVersion(version) }),
      'server-timing': timing(),
    }
    if (operation.method !== 'GET') {
      parts.events.wake()
      const own = { ...headers, 'cache-control': 'no-store' }
      return value === undefined ? answerEmpty(204, own) : answerWith('json', JSON.stringify(value), own)
    }
    const own = { ...headers, 'cache-control': 'private, no-cache', vary: 'Authorization, Accept-Encoding' }
    return answerRead('json', written([JSON.stringify(value)]), own, takingOf(context))
  }
}

/** A key that is good in one jurisdiction says by itself which one is meant; another one is refused (GR-KEY-02). */
function jurisdictionFor(key: ApiKey, said: Arguments, parts: Parts): Jurisdiction {
  const catalog = parts.catalog()
  const own = key.jurisdiction_id === null ? undefined : catalog.jurisdictions.get(key.jurisdiction_id)
  if (own && !said.has('jurisdiction_id')) return own
  const jurisdiction = jurisdictionOf(said, catalog, parts.gate)
  admit(key, jurisdiction)
  return jurisdiction
}

/** Whoever mistypes the name of an argument is told (EXT-40). */
function refuseUnknown(said: Arguments, shape: object, faults: Faults): void {
  for (const name of said.keys()) {
    if (!Object.hasOwn(shape, name) && !KNOWN_TO_THE_GATE.includes(name))
      faults.add('EXT-40', 400, `${shortened(name)} is not known here.`)
  }
}
