import { z } from 'zod'
import {
  type DocumentSchema,
  type Field,
  isListField,
  isObjectField,
  type ValueField,
} from '../documents/document.js'
import { type ArgumentDocs, argumentDocs } from '../http/argument-docs.js'

export type Json = { readonly [name: string]: unknown }

/** Schemas that have names, for `components`. */
export type NamedSchemas = Map<string, Json>

const COMPONENTS = '#/components/schemas/'

/** A reference to the schema of that name. */
export function schemaRef(name: string): Json {
  return { $ref: COMPONENTS + name }
}

/** Names a schema; throws if another one has the name. */
export function nameSchema(name: string, schema: Json, named: NamedSchemas): Json {
  const known = named.get(name)
  if (known && JSON.stringify(known) !== JSON.stringify(schema))
    throw new Error(`two schemas are called ${name}`)
  named.set(name, schema)
  return schemaRef(name)
}

/** A document of the standard as JSON has it, with what XML calls its parts (GR-XML-02). */
export function documentSchema({ root, item, fields }: DocumentSchema): Json {
  const object = objectSchema(fields)
  if (item === undefined) return { ...object, xml: { name: root } }
  return { type: 'array', items: { ...object, xml: { name: item } }, xml: { name: root, wrapped: true } }
}

function objectSchema(fields: readonly Field[]): Json {
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field)])),
    additionalProperties: false,
  }
}

function fieldSchema(field: Field): Json {
  if (isObjectField(field)) return objectSchema(field.fields)
  if (isListField(field)) {
    const items = field.items === 'text' ? { type: 'string' } : objectSchema(field.items)
    const xml = { name: field.name, wrapped: true }
    return { type: 'array', items: { ...items, xml: { name: field.item } }, xml }
  }
  const type = TYPES[field.kind]
  return { type: field.nullAs === 'null' ? [type, 'null'] : type }
}

const TYPES: Readonly<Record<ValueField['kind'], string>> = {
  text: 'string',
  integer: 'integer',
  decimal: 'number',
  boolean: 'boolean',
}

/**
 * A schema of zod, of what comes in or goes out. Parts of it that have an id become `named`, and so does it, if it has one
 * itself.
 */
export function zodSchema(schema: z.ZodType, io: 'input' | 'output', named: NamedSchemas): Json {
  // Inside of something else, what has an id is referred to.
  const { $defs, properties } = z.toJSONSchema(z.object({ inner: schema }), { io })
  for (const [name, { id: _, ...definition }] of Object.entries($defs ?? {}))
    nameSchema(name, rewriteRefs(definition) as Json, named)
  return rewriteRefs(properties!.inner) as Json
}

/** The same with references to components. */
function rewriteRefs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(rewriteRefs)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      name === '$ref' && typeof each === 'string' ? each.replace('#/$defs/', COMPONENTS) : rewriteRefs(each),
    ]),
  )
}

/** How an argument is said; throws for one that nobody has described. */
export function requireDocs(name: string, schema: z.ZodType): ArgumentDocs {
  const known = argumentDocs.get(schema)
  if (!known) throw new Error(`nobody has described the argument ${name}`)
  return known
}

/** The schema of an argument. */
export function argumentSchema({
  required: _,
  separated: _by,
  description: _about,
  ...schema
}: ArgumentDocs): Json {
  const { items, additionalProperties } = schema
  return {
    ...schema,
    ...(items ? { items: argumentSchema(items) } : {}),
    ...(additionalProperties ? { additionalProperties: argumentSchema(additionalProperties) } : {}),
  }
}
