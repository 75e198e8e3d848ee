import { z } from 'zod'

/** How an argument looks to whoever says it, as JSON Schema (EXT-46). */
export interface SaidAs {
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
  additionalProperties?: SaidAs
  /** Of a list, which is said with commas, or by saying the argument again. */
  items?: Omit<SaidAs, 'required'>
  separated?: 'by commas' | 'by repeating'
}

/** What is known of the schemas of arguments, which by themselves only know that texts are read. */
export const saidAs = z.registry<SaidAs>()

/** The same argument, as one that has to be there. */
export function needed<Schema extends z.ZodType>(schema: Schema): Schema {
  return again(schema, { required: true })
}

/** The same argument, with what people should know of it. */
export function described<Schema extends z.ZodType>(schema: Schema, description: string): Schema {
  return again(schema, { description })
}

function again<Schema extends z.ZodType>(schema: Schema, more: Partial<SaidAs>): Schema {
  const same = schema.clone()
  saidAs.add(same, { type: 'string', ...saidAs.get(schema), ...more })
  return same
}
