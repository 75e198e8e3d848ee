import { z } from 'zod'
import { oneOf, parseArguments } from '../http/arguments.js'
import { authorizeKey, checkKeyJurisdiction, resolveJurisdiction } from '../http/authorize.js'
import { readBytes } from '../http/body.js'
import { readConditionalHeaders } from '../http/conditional.js'
import type { AppContext } from '../http/context.js'
import { encodeBody } from '../http/encoded-body.js'
import { defineHandler, type Handler } from '../http/pipeline.js'
import { type Arguments, readArguments } from '../http/request.js'
import { conditionalResponse, emptyResponse, formatResponse } from '../http/response.js'
import type { ApiKey, Jurisdiction } from '../standard/catalog.js'
import { formatDatetime } from '../standard/datetime.js'
import { Faults, truncate } from '../standard/refusal.js'
import { ENDPOINTS } from '../standard/terms.js'
import { parseJsonBody } from './json-body.js'
import { type CityOperation, type CityResult, formatEtag } from './operation.js'

/** Arguments that every operation accepts (EXT-40). */
export const SHARED_ARGUMENTS = { endpoint: oneOf(...ENDPOINTS) }
const AUTHORIZATION_ARGUMENTS = ['api_key', 'jurisdiction_id']

interface Input {
  args: Arguments
  faults: Faults
}

interface Access {
  key: ApiKey
  jurisdiction: Jurisdiction
}

/** The pipeline stages of one operation of the city API. */
export function cityHandler(app: AppContext, operation: CityOperation): Handler {
  const idNames = [...operation.path.matchAll(/:(\w+)/g)].map(([, name]) => name!)
  const schema = z.object({ ...SHARED_ARGUMENTS, ...operation.arguments?.shape })
  const dependencies = { store: app.store, media: app.media.library, webhookPolicy: app.webhookPolicy }

  return defineHandler<Input, Access, unknown, CityResult<unknown>>({
    name: operation.name,
    formats: [null, 'json'],

    parse: async (request) => {
      const faults = new Faults()
      return { args: await readArguments(request.url.query, null, faults), faults }
    },

    // GR-POST-02: the key is checked first, before the body is read.
    authorize: (request, { args }) => {
      const key = authorizeKey(app, request, args, operation.scope)
      const jurisdiction = resolveKeyJurisdiction(app, key, args)
      Object.assign(request.logFields, {
        jurisdiction_id: jurisdiction.jurisdiction_id,
        key_id: key.key_id,
      })
      return { key, jurisdiction }
    },

    plan: async (request, { args, faults }, { key, jurisdiction }) => {
      const bytes = operation.body ? await readBytes(request, app.policy.maxBodyBytes) : null
      addUnknownArguments(args, schema.shape, faults)
      const { endpoint = 'production', ...own } = parseArguments(schema, args, 'EXT-40', faults)
      const body =
        operation.body && parseJsonBody(operation.body, bytes, request.header('content-type'), faults)
      faults.refuse()
      return operation.plan({
        ids: Object.fromEntries(idNames.map((name) => [name, request.pathId(name)])),
        arguments: own,
        body,
        ifMatch: request.header('if-match'),
        jurisdiction,
        endpoint,
        key,
        now: formatDatetime(Date.now()),
      })
    },

    query: (_, plan) => operation.query(plan, dependencies),

    encode: (request, _, { value, version }) => {
      const headers = {
        ...request.headers,
        ...(version === undefined ? {} : { etag: formatEtag(version) }),
        'server-timing': request.serverTiming(),
      }
      if (operation.method !== 'GET') {
        app.sequencer.wake()
        const writeHeaders = { ...headers, 'cache-control': 'no-store' }
        return value === undefined
          ? emptyResponse(204, writeHeaders)
          : formatResponse('json', JSON.stringify(value), writeHeaders)
      }
      const readHeaders = {
        ...headers,
        'cache-control': 'private, no-cache',
        vary: 'Authorization, Accept-Encoding',
      }
      const body = encodeBody([JSON.stringify(value)])
      return conditionalResponse('json', body, readHeaders, readConditionalHeaders(request))
    },
  })
}

/** A key of one jurisdiction determines it; naming another one is refused (GR-KEY-02). */
function resolveKeyJurisdiction(
  app: Pick<AppContext, 'catalog' | 'policy'>,
  key: ApiKey,
  args: Arguments,
): Jurisdiction {
  const catalog = app.catalog()
  const own = key.jurisdiction_id === null ? undefined : catalog.jurisdictions.get(key.jurisdiction_id)
  if (own && !args.has('jurisdiction_id')) return own
  const jurisdiction = resolveJurisdiction(args, catalog, app.policy)
  checkKeyJurisdiction(key, jurisdiction)
  return jurisdiction
}

/** EXT-40: adds a fault for each unknown argument, which may be a misspelt one. */
function addUnknownArguments(args: Arguments, known: object, faults: Faults): void {
  for (const name of args.keys()) {
    if (!Object.hasOwn(known, name) && !AUTHORIZATION_ARGUMENTS.includes(name))
      faults.add('EXT-40', 400, `${truncate(name)} is not known here.`)
  }
}
