import { z } from 'zod'
import { type Faults, truncate } from '../standard/refusal.js'
import { cleanText, countCodePoints } from '../standard/text.js'

/** Free text of at most so many code points, cleaned (GR-ENC-07); one of which nothing is left is null. */
export const cleanString = (most: number) =>
  z
    .string()
    .transform((given) => cleanText(given))
    .refine((given) => countCodePoints(given) <= most, `may have at most ${most} characters`)
    .transform((given) => (given === '' ? null : given))
    .meta({ maxLength: most })

/**
 * Reads the JSON object of a body by `schema`; no body is an empty one. What is wrong goes into `faults`, all of it, by
 * name of member; undefined then.
 */
export function parseJsonBody<Schema extends z.ZodType>(
  schema: Schema,
  bytes: Uint8Array | null,
  contentType: string | null,
  faults: Faults,
): z.output<Schema> | undefined {
  const fault = (description: string) => {
    faults.add('EXT-40', 400, description)
    return undefined
  }
  const isEmpty = !bytes || bytes.length === 0
  const type = (contentType ?? '').split(';')[0]!.trim().toLowerCase()
  if (!isEmpty && type !== '' && !/^application\/(.+\+)?json$/.test(type))
    return fault('Content-Type has to be application/json.')
  let given: unknown
  try {
    given = isEmpty ? {} : JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return fault('The body is not valid JSON in UTF-8.')
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return fault('The body has to be one JSON object.')
  const parsed = schema.safeParse(given)
  for (const issue of parsed.error?.issues ?? []) addFault(issue, fault)
  return parsed.data
}

function addFault(issue: z.core.$ZodIssue, fault: (description: string) => void): void {
  const name = truncate(issue.path.join('.')) || 'The body'
  const inside = issue.path.length > 0 ? `${name}.` : ''
  if (issue.code === 'unrecognized_keys')
    for (const key of issue.keys) fault(`${inside}${truncate(key)} is not known here.`)
  else fault(`${name} ${describeIssue(issue)}.`)
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
    // Said by the schema.
    case 'invalid_format':
    case 'custom':
      return issue.message
    default:
      return 'is not valid'
  }
}
