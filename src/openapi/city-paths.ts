import { SHARED_ARGUMENTS } from '../city/handler.js'
import type { CityOperation } from '../city/operation.js'
import { CITY_PATH } from '../http/paths.js'
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

/** Prefix of the error responses of the city API: JSON only. */
export const CITY = 'City'

/** Converts the path of a city API operation to an OpenAPI path template. */
export function formatCityPath({ path }: Pick<CityOperation, 'path'>): string {
  return CITY_PATH + path.replace(/:(\w+)/g, '{$1}')
}

/** Describes an operation of the city API (EXT-40); named schemas are added to `named`. */
export function describeCityOperation(operation: CityOperation, named: NamedSchemas): Json {
  const { method, scope, body, result, ifMatch, conflict } = operation
  const hasConflict = ifMatch !== undefined || conflict !== undefined
  const pathParameters = [...operation.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
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
      ...pathParameters,
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
              description: 'Success.',
              ...(ifMatch || method === 'GET' ? { headers: ETAG } : {}),
              content: describeMediaTypes(['json'], zodSchema(result, 'output', named)),
            },
          }
        : { 204: { description: 'Success, no content.' } }),
      ...(method === 'GET' ? notModified : {}),
      ...refusalRefs(
        CITY,
        ...[
          400,
          403,
          404,
          ...(hasConflict ? [409] : []),
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
    description: 'Version of the resource. For a service request: the value of If-Match.',
    schema: { type: 'string' },
  },
}

function describeIfMatch(ifMatch: NonNullable<CityOperation['ifMatch']>): Json {
  return {
    name: 'If-Match',
    in: 'header',
    required: ifMatch === 'required',
    description: 'ETag that the client has read, or * for any. 409 if the service request has changed since.',
    schema: { type: 'string' },
  }
}
