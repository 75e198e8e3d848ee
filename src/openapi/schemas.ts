import { z } from 'zod'
import { type DocumentSchema, type Field, isList, isObject, type ValueField } from '../documents/document.js'
import { type SaidAs, saidAs } from '../http/argument-docs.js'

export type Json = { readonly [name: string]: unknown }

/** Schemas that have names, for `components`. */
export type Named = Map<string, Json>

const COMPONENTS = '#/components/schemas/'

/** A reference to the schema of that name. */
export function refTo(name: string): Json {
  return { $ref: COMPONENTS + name }
}

/** Names a schema; throws if another one has the name. */
export function nameAs(name: string, schema: Json, named: Named): Json {
  const known = named.get(name)
  if (known && JSON.stringify(known) !== JSON.stringify(schema))
    throw new Error(`two schemas are called ${name}`)
  named.set(name, schema)
  return refTo(name)
}

/** A document of the standard as JSON has it, with what XML calls its parts (GR-XML-02). */
export function schemaOfDocument({ root, item, fields }: DocumentSchema): Json {
  const object = objectOf(fields)
  if (item === undefined) return { ...object, xml: { name: root } }
  return { type: 'array', items: { ...object, xml: { name: item } }, xml: { name: root, wrapped: true } }
}

function objectOf(fields: readonly Field[]): Json {
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.name, schemaOfField(field)])),
    additionalProperties: false,
  }
}

function schemaOfField(field: Field): Json {
  if (isObject(field)) return objectOf(field.fields)
  if (isList(field)) {
    const items = field.of === 'text' ? { type: 'string' } : objectOf(field.of)
    const xml = { name: field.name, wrapped: true }
    return { type: 'array', items: { ...items, xml: { name: field.item } }, xml }
  }
  const type = TYPES[field.kind]
  return { type: field.none === 'null' ? [type, 'null'] : type }
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
export function schemaOfZod(schema: z.ZodType, io: 'input' | 'output', named: Named): Json {
  // Inside of something else, what has an id is referred to.
  const { $defs, properties } = z.toJSONSchema(z.object({ inner: schema }), { io })
  for (const [name, { id: _, ...definition }] of Object.entries($defs ?? {}))
    nameAs(name, referring(definition) as Json, named)
  return referring(properties!.inner) as Json
}

/** The same with references to components. */
function referring(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(referring)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      name === '$ref' && typeof each === 'string' ? each.replace('#/$defs/', COMPONENTS) : referring(each),
    ]),
  )
}

/** How an argument is said; throws for one that nobody has described. */
export function saidBy(name: string, schema: z.ZodType): SaidAs {
  const known = saidAs.get(schema)
  if (!known) throw new Error(`nobody has described the argument ${name}`)
  return known
}

/** The schema of an argument. */
export function schemaOfSaid({ required: _, separated: _by, description: _about, ...schema }: SaidAs): Json {
  const { items, additionalProperties } = schema
  return {
    ...schema,
    ...(items ? { items: schemaOfSaid(items) } : {}),
    ...(additionalProperties ? { additionalProperties: schemaOfSaid(additionalProperties) } : {}),
  }
}
