import { z } from 'zod'

/** How an argument looks to whoever says it, as JSON Schema (EXT-46). */
export interface ArgumentDocs {
  type: 'string' | 'number' | 'integer' | 'boolean' | 'array' | 'object'
  description?: string
  /** Without it the call is refused. */
  required?: true
  format?: string
  enum?: readonly string[]
  pattern?: string
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  maxItems?: number
  /** Of an object, which is said as `name[key]=value`. */
  additionalProperties?: ArgumentDocs
  /** Of a list, which is said with commas, or by saying the argument again. */
  items?: Omit<ArgumentDocs, 'required'>
  separated?: 'by commas' | 'by repeating'
}

/** What is known of the schemas of arguments, which by themselves only know that texts are read. */
export const argumentDocs = z.registry<ArgumentDocs>()

/** The same argument, as one that has to be there. */
export function asRequired<Schema extends z.ZodType>(schema: Schema): Schema {
  return extendDocs(schema, { required: true })
}

/** The same argument, with what people should know of it. */
export function withDescription<Schema extends z.ZodType>(schema: Schema, description: string): Schema {
  return extendDocs(schema, { description })
}

function extendDocs<Schema extends z.ZodType>(schema: Schema, more: Partial<ArgumentDocs>): Schema {
  const same = schema.clone()
  argumentDocs.add(same, { type: 'string', ...argumentDocs.get(schema), ...more })
  return same
}
