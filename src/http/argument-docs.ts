import { z } from 'zod'

/** Documentation of an argument, in terms of JSON Schema (EXT-46). */
export interface ArgumentDocs {
  type: 'string' | 'number' | 'integer' | 'boolean' | 'array' | 'object'
  description?: string
  /** The request is refused without it. */
  required?: true
  format?: string
  enum?: readonly string[]
  pattern?: string
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  maxItems?: number
  /** Values of an object, which is sent as `name[key]=value`. */
  additionalProperties?: ArgumentDocs
  /** Values of a list. */
  items?: Omit<ArgumentDocs, 'required'>
  /** How a list is sent: `name=a,b`, or `name=a&name=b`. */
  separated?: 'by commas' | 'by repeating'
}

/** Documentation by schema: every schema of an argument accepts strings, whatever it parses. */
export const argumentDocs = z.registry<ArgumentDocs>()

/** Returns a copy of an argument that is documented as required. Does not check its presence. */
export function asRequired<Schema extends z.ZodType>(schema: Schema): Schema {
  return extendDocs(schema, { required: true })
}

/** Returns a copy of an argument with a description. */
export function withDescription<Schema extends z.ZodType>(schema: Schema, description: string): Schema {
  return extendDocs(schema, { description })
}

function extendDocs<Schema extends z.ZodType>(schema: Schema, docs: Partial<ArgumentDocs>): Schema {
  const copy = schema.clone()
  argumentDocs.add(copy, { type: 'string', ...argumentDocs.get(schema), ...docs })
  return copy
}
