import type { DocumentSchema } from '../documents/document.js'
import { getContentType } from '../formats/encoders.js'
import { contentType as eventStream } from '../formats/event-stream.js'
import type { Operation } from '../operations/operation.js'
import { FORMATS, type Format, type ListFormat } from '../standard/terms.js'
import {
  describeForm,
  describeMediaTypes,
  describeParameters,
  ifNoneMatch,
  jurisdictionId,
  mediaType,
  notModified,
  refusalRefs,
  toOperationId,
} from './components.js'
import { documentSchema, type Json, type NamedSchemas, nameSchema } from './schemas.js'

/** Prefix of the error responses of GeoReport: XML and JSON. */
export const STANDARD = 'Standard'

/** Name of the path parameter `:id` by the preceding segment. */
const ID_NAMES: Readonly<Record<string, string>> = {
  services: 'service_code',
  requests: 'service_request_id',
  tokens: 'token',
}

/** Converts the path of an operation, relative to its endpoint, to an OpenAPI path template. */
export function formatGeoReportPath(operation: Operation): string {
  const path = operation.path.replace(
    /([a-z]+)\/:id(?:\{\.\+\})?/,
    (_, segment: string) => `${segment}/{${ID_NAMES[segment]}}`,
  )
  const formats = listSuffixes(operation)
  return `${path}.${formats.length === 1 ? formats[0] : '{format}'}`
}

function listSuffixes(operation: Operation): (Format | ListFormat)[] {
  return [...listStandardFormats(operation), ...(operation.listFormats ?? [])]
}

function listStandardFormats({ document, isJsonOnly }: Operation): readonly Format[] {
  return document && !isJsonOnly ? FORMATS : ['json']
}

/**
 * Describes a GeoReport operation; its document is added to `named`. `suffix` makes operationId unique
 * per endpoint.
 */
export function describeGeoReportOperation(operation: Operation, suffix: string, named: NamedSchemas): Json {
  const { method, scope } = operation
  const shape = operation.arguments?.shape ?? {}
  const path = formatGeoReportPath(operation)
  const formats = listSuffixes(operation)
  const isPost = method === 'POST'
  return {
    operationId: toOperationId(operation.name) + suffix,
    tags: ['GeoReport v2'],
    summary: operation.summary,
    ...(scope ? { security: [{ bearer: [scope] }, { api_key: [scope] }] } : {}),
    parameters: [
      ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
        name,
        in: 'path',
        required: true,
        schema: name === 'format' ? { type: 'string', enum: formats } : { type: 'string' },
      })),
      ...(isPost ? [] : describeParameters(shape)),
      jurisdictionId,
      ...(isPost ? [] : [ifNoneMatch]),
      ...Object.entries(operation.headers ?? {}).map(([name, description]) => ({
        name,
        in: 'header',
        description,
        schema: { type: 'string' },
      })),
    ],
    ...(isPost ? { requestBody: describeBody(operation, named) } : {}),
    responses: {
      200: { description: 'Success.', content: describeContent(operation, named) },
      ...(isPost ? {} : notModified),
      ...refusalRefs(
        STANDARD,
        ...[
          400,
          ...(scope ? [403] : []),
          404,
          ...(isPost ? [413] : []),
          ...(operation.longPolls ? [429] : []),
          500,
          503,
        ],
      ),
    },
  }
}

/** GR-POST-02, EXT-02: a form, or the same members as JSON. */
function describeBody(
  { name, arguments: args, scope, acceptsUploads }: Operation,
  named: NamedSchemas,
): Json {
  const { schema, encoding } = describeForm(args?.shape ?? {})
  const { properties, ...rest } = schema as { properties: Json }
  const bodySchema = {
    ...rest,
    properties: {
      ...(scope
        ? { api_key: { type: 'string', description: 'API key. Not needed with Authorization: Bearer.' } }
        : {}),
      jurisdiction_id: { type: 'string' },
      ...properties,
    },
  }
  const id = toOperationId(name)
  const ref = nameSchema(`${id[0]!.toUpperCase()}${id.slice(1)}Arguments`, bodySchema, named)
  return {
    required: true,
    content: {
      'application/x-www-form-urlencoded': { schema: ref, encoding },
      'multipart/form-data': { schema: acceptsUploads ? { allOf: [ref, PICTURES] } : ref },
      'application/json': { schema: ref },
    },
  }
}

/** EXT-38 */
const PICTURES: Json = {
  type: 'object',
  properties: {
    media: {
      type: 'array',
      items: { type: 'string', contentMediaType: 'application/octet-stream' },
      description: 'Pictures: JPEG, PNG, WebP or GIF. Files in parts of any other name are accepted too.',
    },
  },
}

function describeContent(operation: Operation, named: NamedSchemas): Json {
  const { document, listFormats, longPolls } = operation
  const schema = document ? nameDocument(document, named) : { type: 'object' }
  const otherFormats = (listFormats ?? []).map((format) => [
    mediaType(getContentType(format)),
    { schema: { type: format === 'geojson' ? 'object' : 'string' } },
  ])
  const stream = longPolls ? [[eventStream, { schema: { type: 'string' } }]] : []
  return {
    ...describeMediaTypes(listStandardFormats(operation), schema),
    ...Object.fromEntries([...otherFormats, ...stream]),
  }
}

function nameDocument(document: DocumentSchema, named: NamedSchemas): Json {
  const { name = toPascalCase(document.root) } = document
  return nameSchema(name, documentSchema(document), named)
}

/** `service_requests` -> `ServiceRequests` */
function toPascalCase(root: string): string {
  return root.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
