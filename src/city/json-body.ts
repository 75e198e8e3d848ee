import { z } from 'zod'
import { type Faults, truncate } from '../standard/refusal.js'
import { cleanText, countCodePoints, stripIllegalCharacters } from '../standard/text.js'

/** Schema of free text, cleaned (GR-ENC-07), of at most `maxLength` code points. Empty text becomes null. */
export const cleanString = (maxLength: number) =>
  z
    .string()
    .transform((value) => cleanText(value))
    .refine((value) => countCodePoints(value) <= maxLength, `may have at most ${maxLength} characters`)
    .transform((value) => (value === '' ? null : value))
    .meta({ maxLength })

/**
 * Parses the JSON object of a body by `schema`; no body equals an empty object. Invalid: undefined,
 * with one fault per member.
 */
export function parseJsonBody<Schema extends z.ZodType>(
  schema: Schema,
  bytes: Uint8Array | null,
  contentType: string | null,
  faults: Faults,
): z.output<Schema> | undefined {
  const addFault = (description: string) => {
    faults.add('EXT-40', 400, description)
    return undefined
  }
  const isEmpty = !bytes || bytes.length === 0
  const type = (contentType ?? '').split(';')[0]!.trim().toLowerCase()
  if (!isEmpty && type !== '' && !/^application\/(.+\+)?json$/.test(type))
    return addFault('Content-Type has to be application/json.')
  let value: unknown
  try {
    value = isEmpty ? {} : JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes), stripText)
  } catch {
    return addFault('The body is not valid JSON in UTF-8.')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return addFault('The body has to be one JSON object.')
  const parsed = schema.safeParse(value)
  for (const issue of parsed.error?.issues ?? []) addIssue(issue, addFault)
  return parsed.data
}

/** JSON.parse reviver: no text has characters that XML and PostgreSQL cannot hold (GR-ENC-07). */
function stripText(_: string, value: unknown): unknown {
  return typeof value === 'string' ? stripIllegalCharacters(value) : value
}

function addIssue(issue: z.core.$ZodIssue, addFault: (description: string) => void): void {
  const name = truncate(issue.path.join('.')) || 'The body'
  const prefix = issue.path.length > 0 ? `${name}.` : ''
  if (issue.code === 'unrecognized_keys')
    for (const key of issue.keys) addFault(`${prefix}${truncate(key)} is not known here.`)
  else addFault(`${name} ${describeIssue(issue)}.`)
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
}

function describeIssue(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.endsWith('received undefined')
        ? 'was not provided'
        : `has to be ${TYPE_NAMES[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return `has to be one of ${issue.values.join(', ')}`
    case 'too_big':
      return issue.origin === 'number'
        ? `is at most ${issue.maximum}`
        : `may have at most ${issue.maximum} ${issue.origin === 'array' ? 'entries' : 'characters'}`
    case 'too_small':
      return issue.origin === 'number'
        ? `is at least ${issue.minimum}`
        : `has to have at least ${issue.minimum} ${issue.origin === 'array' ? 'entries' : 'characters'}`
    // The schema has the message.
    case 'invalid_format':
    case 'custom':
      return issue.message
    default:
      return 'is not valid'
  }
}
