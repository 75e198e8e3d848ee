import type { z } from 'zod'
import { errors } from '../documents/errors.js'
import { getContentType } from '../formats/encoders.js'
import type { ArgumentDocs } from '../http/argument-docs.js'
import type { Format } from '../standard/terms.js'
import { argumentSchema, documentSchema, type Json, requireDocs, schemaRef } from './schemas.js'

/** Arguments in the address. */
export function describeParameters(shape: Readonly<Record<string, unknown>>): Json[] {
  return Object.entries(shape).map(([name, schema]) => {
    const said = requireDocs(name, schema as z.ZodType)
    return {
      name,
      in: 'query',
      ...describeArgument(said),
      ...(said.required ? { required: true } : {}),
      ...describeSeparator(said),
      schema: argumentSchema(said),
    }
  })
}

/** The same arguments as members of a form, with how those of several values are sent. */
export function describeForm(shape: Readonly<Record<string, unknown>>): { schema: Json; encoding: Json } {
  const said = Object.entries(shape).map(
    ([name, schema]) => [name, requireDocs(name, schema as z.ZodType)] as const,
  )
  const required = said.filter(([, each]) => each.required).map(([name]) => name)
  return {
    schema: {
      type: 'object',
      properties: Object.fromEntries(
        said.map(([name, each]) => [name, { ...describeArgument(each), ...argumentSchema(each) }]),
      ),
      ...(required.length > 0 ? { required } : {}),
    },
    encoding: Object.fromEntries(
      said.flatMap(([name, each]) => {
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

/** The jurisdiction, for servers that have several (GR-JUR-01). */
export const jurisdictionId = {
  name: 'jurisdiction_id',
  in: 'query',
  description: 'needed where several jurisdictions are served',
  schema: { type: 'string' },
} as const

export const errorsSchema: Json = documentSchema(errors)

/** EXT-06: every read may be asked for again. */
export const ifNoneMatch = {
  name: 'If-None-Match',
  in: 'header',
  description: 'the ETag of what the client has',
  schema: { type: 'string' },
} as const
export const notModified: Json = { 304: { description: 'It is what the client has.' } }

const REFUSALS: Readonly<Record<number, [name: string, description: string]>> = {
  400: ['Invalid', 'Something that was said is missing or wrong; all of it is named.'],
  403: ['Forbidden', 'The key is missing, unknown, or does not allow this.'],
  404: ['NotFound', 'What is addressed does not exist, or is not public.'],
  409: ['Conflict', 'It was changed meanwhile, or the id is taken.'],
  413: ['TooLong', 'The body is too long.'],
  429: ['TooMany', 'Too many calls of this client; try again later.'],
  500: ['Fault', 'Something went wrong on the side of the server.'],
  503: ['Unavailable', 'The server cannot answer now; try again later.'],
}

/** The responses of refusals, for `components`, in these formats; `prefix` tells them apart. */
export function refusalResponses(prefix: string, formats: readonly Format[]): Json {
  return Object.fromEntries(
    Object.values(REFUSALS).map(([name, description]) => [
      prefix + name,
      { description, content: describeMediaTypes(formats, schemaRef('Errors')) },
    ]),
  )
}

/** References to some of them, by status. */
export function refusalRefs(prefix: string, ...statuses: readonly number[]): Json {
  return Object.fromEntries(
    statuses.map((status) => [status, { $ref: `#/components/responses/${prefix}${REFUSALS[status]![0]}` }]),
  )
}

/** One schema in several formats. */
export function describeMediaTypes(formats: readonly Format[], schema: Json): Json {
  return Object.fromEntries(formats.map((format) => [mediaType(getContentType(format)), { schema }]))
}

/** Without its charset: the keys of `content` have none. */
export function mediaType(contentType: string): string {
  return contentType.split(';')[0]!
}

/** `GET service request` -> `getServiceRequest`. */
export function toOperationId(name: string): string {
  const [first, ...rest] = name.split(/[^A-Za-z]+/).filter((word) => word !== '')
  return first!.toLowerCase() + rest.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('')
}
