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

/** Schemas by name, for `components`. */
export type NamedSchemas = Map<string, Json>

const COMPONENTS = '#/components/schemas/'

export function schemaRef(name: string): Json {
  return { $ref: COMPONENTS + name }
}

/** Adds a named schema and returns a reference to it. Throws if a different schema has the name. */
export function nameSchema(name: string, schema: Json, named: NamedSchemas): Json {
  const existing = named.get(name)
  if (existing && JSON.stringify(existing) !== JSON.stringify(schema))
    throw new Error(`two different schemas have the name ${name}`)
  named.set(name, schema)
  return schemaRef(name)
}

/** JSON Schema of a document, with XML element names (GR-XML-02). */
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
 * Converts a zod schema to JSON Schema. Schemas with an id, nested or not, are added to `named` and
 * referenced.
 */
export function zodSchema(schema: z.ZodType, io: 'input' | 'output', named: NamedSchemas): Json {
  // zod emits a $ref only for nested schemas, so the schema is wrapped in an object.
  const { $defs, properties } = z.toJSONSchema(z.object({ inner: schema }), { io })
  for (const [name, { id: _, ...definition }] of Object.entries($defs ?? {}))
    nameSchema(name, rewriteRefs(definition) as Json, named)
  return rewriteRefs(properties!.inner) as Json
}

/** Replaces references to $defs by references to components. */
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

/** Returns the documentation of an argument; throws if there is none. */
export function requireDocs(name: string, schema: z.ZodType): ArgumentDocs {
  const docs = argumentDocs.get(schema)
  if (!docs) throw new Error(`argument ${name} has no documentation`)
  return docs
}

/** JSON Schema of an argument. */
export function argumentSchema({
  required: _,
  separated: _separated,
  description: _description,
  ...schema
}: ArgumentDocs): Json {
  const { items, additionalProperties } = schema
  return {
    ...schema,
    ...(items ? { items: argumentSchema(items) } : {}),
    ...(additionalProperties ? { additionalProperties: argumentSchema(additionalProperties) } : {}),
  }
}
