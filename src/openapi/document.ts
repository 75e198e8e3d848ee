import type { CityOperation } from '../city/operation.js'
import { discovery } from '../documents/discovery.js'
import { ENDPOINT_PATHS, MEDIA_PATH, OPENAPI_PATH } from '../http/paths.js'
import type { Operation } from '../operations/operation.js'
import { ENDPOINTS, FORMATS } from '../standard/terms.js'
import { CITY, describeCityOperation, formatCityPath } from './city-paths.js'
import {
  describeMediaTypes,
  errorsSchema,
  ifNoneMatch,
  jurisdictionId,
  notModified,
  refusalRefs,
  refusalResponses,
} from './components.js'
import { describeGeoReportOperation, formatGeoReportPath, STANDARD } from './geo-report-paths.js'
import { documentSchema, type Json, type NamedSchemas, schemaRef } from './schemas.js'

/**
 * EXT-46: generates the OpenAPI 3.1 document from the tables of operations, so that it cannot differ from
 * what the server does.
 */
export function buildOpenApi(
  url: string,
  operations: readonly Operation[],
  cityOperations: readonly CityOperation[],
): Json {
  const named: NamedSchemas = new Map<string, Json>([['Errors', errorsSchema]])
  const paths: Record<string, Record<string, unknown>> = {}
  const add = (path: string, method: string, item: Json) => {
    paths[path] = { ...paths[path], [method.toLowerCase()]: item }
  }
  named.set('Discovery', documentSchema(discovery))
  add('/open311/discovery.{format}', 'GET', describeDiscovery('getDiscovery'))
  for (const endpoint of ENDPOINTS) {
    const base = ENDPOINT_PATHS[endpoint]
    // EXT-07: the test endpoint has the same operations.
    const suffix = endpoint === 'test' ? 'OnTest' : ''
    for (const operation of operations)
      add(
        base + formatGeoReportPath(operation),
        operation.method,
        describeGeoReportOperation(operation, suffix, named),
      )
    add(`${base}/discovery.{format}`, 'GET', describeDiscovery(`getDiscoveryOfEndpoint${suffix}`))
  }
  for (const operation of cityOperations)
    add(formatCityPath(operation), operation.method, describeCityOperation(operation, named))
  for (const [path, item] of Object.entries(OTHER_PATHS)) add(path, 'GET', item)
  return {
    openapi: '3.1.1',
    info: {
      title: 'georeport',
      version: '1',
      summary: 'Open311 GeoReport v2 with extensions, and the city API for staff and integrations.',
      description:
        'GeoReport paths also work without a suffix; then the Accept header selects the format. The names in security are scopes of API keys.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url }],
    tags: [
      { name: 'GeoReport v2', description: 'The standard and its public extensions.' },
      { name: 'city', description: 'For staff and integrations of the city.' },
      { name: 'server', description: 'Health, documentation and web pages of the server.' },
    ],
    paths,
    components: {
      schemas: Object.fromEntries([...named].sort(([a], [b]) => (a < b ? -1 : 1))),
      responses: { ...refusalResponses(STANDARD, FORMATS), ...refusalResponses(CITY, ['json']) },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        api_key: {
          type: 'apiKey',
          in: 'query',
          name: 'api_key',
          description: 'Authorization: Bearer is safer.',
        },
      },
    },
  }
}

/** DISC-02, DISC-13 */
function describeDiscovery(operationId: string): Json {
  return {
    operationId,
    tags: ['GeoReport v2'],
    summary: 'Returns the discovery document: endpoints, contact, and how to get a key.',
    parameters: [
      { name: 'format', in: 'path', required: true, schema: { type: 'string', enum: FORMATS } },
      jurisdictionId,
      ifNoneMatch,
    ],
    responses: {
      200: { description: 'Success.', content: describeMediaTypes(FORMATS, schemaRef('Discovery')) },
      ...notModified,
      ...refusalRefs(STANDARD, 400, 404, 500, 503),
    },
  }
}

const describePage = (operationId: string): Json => ({
  operationId,
  tags: ['server'],
  summary: 'Returns discovery as a web page.',
  responses: { 200: { description: 'Web page.', content: { 'text/html': { schema: { type: 'string' } } } } },
})

const describeHealth = (operationId: string, summary: string, otherResponses: Json = {}): Json => ({
  operationId,
  tags: ['server'],
  summary,
  responses: { 200: { description: 'Success.' }, ...otherResponses },
})

/** Paths that are not operations. */
const OTHER_PATHS: Readonly<Record<string, Json>> = {
  '/': describePage('getPage'),
  [ENDPOINT_PATHS.production]: describePage('getPageOfEndpoint'),
  [ENDPOINT_PATHS.test]: describePage('getPageOfTestEndpoint'),
  [`${MEDIA_PATH}/{name}`]: {
    operationId: 'getPicture',
    tags: ['GeoReport v2'],
    summary: 'Returns a picture of a public service request, or its thumbnail.',
    parameters: [
      {
        name: 'name',
        in: 'path',
        required: true,
        schema: { type: 'string', pattern: '^[0-9a-f]{32}(-thumbnail)?\\.jpg$' },
      },
      {
        name: 'If-None-Match',
        in: 'header',
        description: 'ETag of the copy that the client has.',
        schema: { type: 'string' },
      },
    ],
    responses: {
      200: { description: 'JPEG picture.', content: { 'image/jpeg': {} } },
      304: { description: 'Not modified.' },
      ...refusalRefs(STANDARD, 404, 500, 503),
    },
  },
  '/healthz': describeHealth('getHealth', 'Liveness: the process responds.'),
  '/readyz': describeHealth('getReadiness', 'Readiness: the database responds.', {
    503: { description: 'The database does not respond.' },
  }),
  [`${OPENAPI_PATH}.json`]: {
    operationId: 'getOpenApi',
    tags: ['server'],
    summary: 'Returns this document.',
    parameters: [ifNoneMatch],
    responses: {
      200: { description: 'OpenAPI document.', content: describeMediaTypes(['json'], { type: 'object' }) },
      ...notModified,
      ...refusalRefs(CITY, 404),
    },
  },
}
