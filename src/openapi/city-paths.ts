import { SHARED_ARGUMENTS } from '../city/handler.js'
import type { CityOperation } from '../city/operation.js'
import { CITY_BASE } from '../http/pipeline.js'
import {
  describeMediaTypes,
  describeParameters,
  ifNoneMatch,
  jurisdictionId,
  notModified,
  refusalRefs,
  toOperationId,
} from './components.js'
import { type Json, type NamedSchemas, zodSchema } from './schemas.js'

/** What is answered to whatever goes wrong, in JSON. */
export const CITY = 'City'

/** The path of an operation of the city API, as OpenAPI has it. */
export function formatCityPath({ path }: Pick<CityOperation, 'path'>): string {
  return CITY_BASE + path.replace(/:(\w+)/g, '{$1}')
}

/** An operation of the city API (EXT-40); what has a name becomes `named`. */
export function describeCityOperation(operation: CityOperation, named: NamedSchemas): Json {
  const { method, scope, body, result, ifMatch, conflict } = operation
  const isConflicting = ifMatch !== undefined || conflict !== undefined
  const ids = [...operation.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  return {
    operationId: toOperationId(operation.name),
    tags: ['city'],
    summary: operation.summary,
    ...(conflict ? { description: `409: ${conflict}` } : {}),
    security: [{ bearer: [scope] }, { api_key: [scope] }],
    parameters: [
      ...ids,
      ...describeParameters({ ...SHARED_ARGUMENTS, ...operation.arguments?.shape }),
      jurisdictionId,
      ...(ifMatch ? [describeIfMatch(ifMatch)] : []),
      ...(method === 'GET' ? [ifNoneMatch] : []),
    ],
    ...(body
      ? { requestBody: { content: describeMediaTypes(['json'], zodSchema(body, 'input', named)) } }
      : {}),
    responses: {
      ...(result
        ? {
            200: {
              description: 'Done.',
              ...(ifMatch || method === 'GET' ? { headers: ETAG } : {}),
              content: describeMediaTypes(['json'], zodSchema(result, 'output', named)),
            },
          }
        : { 204: { description: 'Done.' } }),
      ...(method === 'GET' ? notModified : {}),
      ...refusalRefs(
        CITY,
        ...[
          400,
          403,
          404,
          ...(isConflicting ? [409] : []),
          ...(body && method !== 'GET' ? [413] : []),
          500,
          503,
        ],
      ),
    },
  }
}

const ETAG = {
  ETag: {
    description: 'names the state; of one service request it is for If-Match',
    schema: { type: 'string' },
  },
}

function describeIfMatch(ifMatch: NonNullable<CityOperation['ifMatch']>): Json {
  return {
    name: 'If-Match',
    in: 'header',
    required: ifMatch === 'required',
    description: 'the ETag that was read, or * for any; 409 if it was changed meanwhile',
    schema: { type: 'string' },
  }
}
