import type { CityOperation } from '../city/operation.js'
import { discovery } from '../documents/discovery.js'
import { BASES } from '../http/pipeline.js'
import { MEDIA_PATH } from '../media/open-media.js'
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

/** Where the document is (EXT-46). */
export const OPENAPI = '/openapi'

/**
 * EXT-46: all that the server does, as OpenAPI 3.1, made of the tables of operations: it cannot say anything else than
 * they do.
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
    const base = BASES[endpoint]
    // EXT-07: the test endpoint is the same again.
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
      summary: 'Open311 GeoReport v2, its extensions, and the API for those who run the city.',
      description:
        'Paths of GeoReport may also be asked for without their suffix: then the Accept header decides. What security names are the scopes of a key.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url }],
    tags: [
      { name: 'GeoReport v2', description: 'The standard and its extensions, for everyone.' },
      { name: 'city', description: 'For those who run the city.' },
      { name: 'server', description: 'About the server itself.' },
    ],
    paths,
    components: {
      schemas: Object.fromEntries([...named].sort(([a], [b]) => (a < b ? -1 : 1))),
      responses: { ...refusalResponses(STANDARD, FORMATS), ...refusalResponses(CITY, ['json']) },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        api_key: { type: 'apiKey', in: 'query', name: 'api_key', description: 'better sent as bearer' },
      },
    },
  }
}

/** DISC-02, DISC-13 */
function describeDiscovery(operationId: string): Json {
  return {
    operationId,
    tags: ['GeoReport v2'],
    summary: 'Where the endpoints are, and whom to ask.',
    parameters: [
      { name: 'format', in: 'path', required: true, schema: { type: 'string', enum: FORMATS } },
      jurisdictionId,
      ifNoneMatch,
    ],
    responses: {
      200: { description: 'Done.', content: describeMediaTypes(FORMATS, schemaRef('Discovery')) },
      ...notModified,
      ...refusalRefs(STANDARD, 400, 404, 500, 503),
    },
  }
}

const page = (operationId: string): Json => ({
  operationId,
  tags: ['server'],
  summary: 'Discovery for people.',
  responses: { 200: { description: 'A page.', content: { 'text/html': { schema: { type: 'string' } } } } },
})

const health = (operationId: string, summary: string, others: Json = {}): Json => ({
  operationId,
  tags: ['server'],
  summary,
  responses: { 200: { description: 'Yes.' }, ...others },
})

/** What is no operation. */
const OTHER_PATHS: Readonly<Record<string, Json>> = {
  '/': page('getPage'),
  [BASES.production]: page('getPageOfEndpoint'),
  [BASES.test]: page('getPageOfTestEndpoint'),
  [`${MEDIA_PATH}/{name}`]: {
    operationId: 'getPicture',
    tags: ['GeoReport v2'],
    summary: 'A picture of a public service request, or its thumbnail.',
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
        description: 'the ETag of the picture that one has',
        schema: { type: 'string' },
      },
    ],
    responses: {
      200: { description: 'It.', content: { 'image/jpeg': {} } },
      304: { description: 'It is what one has.' },
      ...refusalRefs(STANDARD, 404, 500, 503),
    },
  },
  '/healthz': health('getHealth', 'Whether the server is there.'),
  '/readyz': health('getReadiness', 'Whether its database answers.', { 503: { description: 'No.' } }),
  [`${OPENAPI}.json`]: {
    operationId: 'getOpenApi',
    tags: ['server'],
    summary: 'This document.',
    parameters: [ifNoneMatch],
    responses: {
      200: { description: 'It.', content: describeMediaTypes(['json'], { type: 'object' }) },
      ...notModified,
      ...refusalRefs(CITY, 404),
    },
  },
}
