import type { z } from 'zod'
import { errors } from '../documents/errors.js'
import { getContentType } from '../formats/encoders.js'
import type { ArgumentDocs } from '../http/argument-docs.js'
import type { Format } from '../standard/terms.js'
import { argumentSchema, documentSchema, type Json, requireDocs, schemaRef } from './schemas.js'

/** Describes arguments as query parameters. */
export function describeParameters(shape: Readonly<Record<string, unknown>>): Json[] {
  return Object.entries(shape).map(([name, schema]) => {
    const docs = requireDocs(name, schema as z.ZodType)
    return {
      name,
      in: 'query',
      ...describeArgument(docs),
      ...(docs.required ? { required: true } : {}),
      ...describeSeparator(docs),
      schema: argumentSchema(docs),
    }
  })
}

/** Describes arguments as form fields; `encoding` has the serialisation of lists and objects. */
export function describeForm(shape: Readonly<Record<string, unknown>>): { schema: Json; encoding: Json } {
  const fields = Object.entries(shape).map(
    ([name, schema]) => [name, requireDocs(name, schema as z.ZodType)] as const,
  )
  const required = fields.filter(([, each]) => each.required).map(([name]) => name)
  return {
    schema: {
      type: 'object',
      properties: Object.fromEntries(
        fields.map(([name, each]) => [name, { ...describeArgument(each), ...argumentSchema(each) }]),
      ),
      ...(required.length > 0 ? { required } : {}),
    },
    encoding: Object.fromEntries(
      fields.flatMap(([name, each]) => {
        if (each.type === 'object') return [[name, { style: 'deepObject', explode: true }]]
        return each.separated ? [[name, describeSeparator(each)]] : []
      }),
    ),
  }
}

function describeArgument({ description }: ArgumentDocs): Json {
  return description ? { description } : {}
}

function describeSeparator({ separated }: ArgumentDocs): Json {
  return separated ? { style: 'form', explode: separated === 'by repeating' } : {}
}

/** GR-JUR-01 */
export const jurisdictionId = {
  name: 'jurisdiction_id',
  in: 'query',
  description: 'Jurisdiction. Required if the server has several.',
  schema: { type: 'string' },
} as const

export const errorsSchema: Json = documentSchema(errors)

/** EXT-06: every read supports conditional requests. */
export const ifNoneMatch = {
  name: 'If-None-Match',
  in: 'header',
  description: 'ETag of the copy that the client has.',
  schema: { type: 'string' },
} as const
export const notModified: Json = { 304: { description: 'Not modified.' } }

const REFUSALS: Readonly<Record<number, [name: string, description: string]>> = {
  400: ['Invalid', 'An argument is missing or invalid. The body lists all errors.'],
  403: ['Forbidden', 'The key is missing, unknown, or lacks the scope.'],
  404: ['NotFound', 'The resource does not exist or is not public.'],
  409: ['Conflict', 'The resource has changed since it was read, or the request conflicts with its state.'],
  413: ['TooLong', 'The body is too large.'],
  429: ['TooMany', 'Too many concurrent requests of this client. Try again later.'],
  500: ['Fault', 'Internal server error.'],
  503: ['Unavailable', 'The server is temporarily unavailable. Try again later.'],
}

/** Describes error responses in these formats, for `components`; `prefix` makes their names unique. */
export function refusalResponses(prefix: string, formats: readonly Format[]): Json {
  return Object.fromEntries(
    Object.values(REFUSALS).map(([name, description]) => [
      prefix + name,
      { description, content: describeMediaTypes(formats, schemaRef('Errors')) },
    ]),
  )
}

/** Refers to the error responses of these statuses. */
export function refusalRefs(prefix: string, ...statuses: readonly number[]): Json {
  return Object.fromEntries(
    statuses.map((status) => [status, { $ref: `#/components/responses/${prefix}${REFUSALS[status]![0]}` }]),
  )
}

/** Describes one schema in several formats. */
export function describeMediaTypes(formats: readonly Format[], schema: Json): Json {
  return Object.fromEntries(formats.map((format) => [mediaType(getContentType(format)), { schema }]))
}

/** Strips the charset: keys of `content` have none. */
export function mediaType(contentType: string): string {
  return contentType.split(';')[0]!
}

/** `GET service request` -> `getServiceRequest`. */
export function toOperationId(name: string): string {
  const [first, ...rest] = name.split(/[^A-Za-z]+/).filter((word) => word !== '')
  return first!.toLowerCase() + rest.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('')
}
