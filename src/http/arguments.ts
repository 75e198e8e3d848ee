import { z } from 'zod'
import { parseDatetime } from '../standard/datetime.js'
import type { Faults, RuleId } from '../standard/refusal.js'
import { cleanText, countCodePoints, parseNumber } from '../standard/text.js'
import { argumentDocs } from './argument-docs.js'
import { type Arguments, REPEATED_WITH_OTHER_VALUE } from './request.js'

/** An argument as it is said. */
export const rawArgument = z.array(z.string()).readonly().optional()

/** What is wrong with an argument, and the rule that it breaks. */
export const brokenRule = (message: string, rule: RuleId | undefined) => ({
  code: 'custom' as const,
  message,
  params: { rule },
})

const MAX_VALUES = 1000
/** How one value looks. */
export const TEXT_DOCS = { type: 'string' } as const

/** How lists of values look. */
export const LIST_DOCS = {
  type: 'array',
  items: TEXT_DOCS,
  maxItems: MAX_VALUES,
  separated: 'by commas',
} as const

/** An argument that can be a list: repeated or separated by commas, blanks and empty ones left out. */
export const unboundedList = rawArgument
  .transform((given) => {
    const parts = given?.flatMap((value) => value.split(',')) ?? []
    return [...new Set(parts.map((value) => value.trim()).filter((value) => value !== ''))]
  })
  .register(argumentDocs, LIST_DOCS)

/** The same, of at most 1,000 values. */
export const stringList = unboundedList
  .transform((given, context) => {
    if (given.length > MAX_VALUES) context.addIssue(`may have at most ${MAX_VALUES} values`)
    return given
  })
  .register(argumentDocs, LIST_DOCS)

/** An argument that is given once: repeating it with another value is a mistake of the client. */
export const singleValue = rawArgument
  .transform((given, context) => {
    if (given && new Set(given).size > 1) context.addIssue(REPEATED_WITH_OTHER_VALUE)
    return given?.[0]
  })
  .register(argumentDocs, TEXT_DOCS)

/** Free text given once, of at most so many code points, blanks around it left out (GR-XML-08). */
export const text = (most: number, rule?: RuleId) =>
  singleValue
    .transform((given, context) => {
      const clean = given === undefined ? undefined : cleanText(given)
      if (clean !== undefined && countCodePoints(clean) > most) {
        context.addIssue(brokenRule(`may have at most ${most} characters`, rule))
      }
      return clean
    })
    .register(argumentDocs, { type: 'string', maxLength: most })

/** A date or date-time of A-17; a date alone is its first or last second. */
export const datetime = (edge: 'start' | 'end') =>
  singleValue
    .transform((given, context) => {
      if (given === undefined) return undefined
      const read = parseDatetime(given, { edge })
      if (read) return read
      context.addIssue(brokenRule('is not a date-time such as 2026-03-02T18:05:11Z', 'GR-DT-03'))
      return undefined
    })
    .register(argumentDocs, { type: 'string', format: 'date-time' })

/** Degrees within ±`most`, in plain or exponent notation (GR-POST-05, A-25). */
export const degrees = (most: number) =>
  singleValue
    .transform((given, context) => {
      if (given === undefined) return undefined
      const value = parseNumber(given)
      // Six places are a tenth of a metre.
      if (value !== null && Math.abs(value) <= most) return Math.round(value * 1e6) / 1e6
      context.addIssue(brokenRule(`is not a number from -${most} to ${most}`, 'A-25'))
      return undefined
    })
    .register(argumentDocs, { type: 'number', minimum: -most, maximum: most })

/** Reads the arguments of an operation that were given. What breaks a rule goes into `faults`, all of it, by name of argument. */
export function parseArguments<Schema extends z.ZodObject>(
  schema: Schema,
  given: Arguments,
  rule: RuleId,
  faults: Faults,
): Partial<z.output<Schema>> {
  const result: Record<string, unknown> = {}
  const { shape } = schema
  for (const name of Object.keys(shape)) {
    const values = given.get(name)
    if (values === undefined) continue
    const parsed = (shape[name] as z.ZodType).safeParse(values)
    if (parsed.success) result[name] = parsed.data
    for (const issue of parsed.error?.issues ?? []) {
      const own = issue.code === 'custom' ? (issue.params?.rule as RuleId | undefined) : undefined
      faults.add(own ?? rule, 400, `${name} ${issue.message}.`)
    }
  }
  return result as Partial<z.output<Schema>>
}

/** Values that may hold commas: repeat the argument to give several. */
export const verbatimList = rawArgument
  .transform((given, context) => {
    if (given && given.length > MAX_VALUES) context.addIssue(`may have at most ${MAX_VALUES} values`)
    return [...new Set(given?.map((value) => value.trim()) ?? [])]
  })
  .register(argumentDocs, { ...LIST_DOCS, separated: 'by repeating' })

/** A whole number within bounds. */
export const integer = (least: number, most: number, rule?: RuleId) =>
  singleValue
    .transform((given, context) => {
      if (given === undefined) return undefined
      const value = /^\s*\d{1,16}\s*$/.test(given) ? Number(given) : Number.NaN
      if (value >= least && value <= most) return value
      context.addIssue(brokenRule(`is not a whole number from ${least} to ${most}`, rule))
      return undefined
    })
    .register(argumentDocs, { type: 'integer', minimum: least, maximum: most })

/** true or false. */
export const boolean = singleValue
  .transform((given, context) => {
    const word = given?.trim().toLowerCase()
    if (word === undefined || word === 'true' || word === 'false')
      return word === undefined ? undefined : word === 'true'
    context.addIssue('has to be true or false')
    return undefined
  })
  .register(argumentDocs, { type: 'boolean' })

/** One of these words. */
export const oneOf = <Word extends string>(...words: readonly Word[]) =>
  singleValue
    .transform((given, context) => {
      const word = words.find((each) => each === given?.trim())
      if (given !== undefined && !word) context.addIssue(`has to be ${words.join(' or ')}`)
      return word
    })
    .register(argumentDocs, { type: 'string', enum: words })

const MAX_SEARCH_WORDS = 10
const MAX_SEARCH_LENGTH = 200

/** EXT-22: words to search for, as letters and digits: in lower case, nothing between them. */
export const searchWords = singleValue
  .transform((given, context) => {
    if (given === undefined) return undefined
    const fault = (message: string) => context.addIssue(brokenRule(message, 'EXT-22'))
    // Before all else: what follows takes time that grows faster than the text.
    if (given.length > MAX_SEARCH_LENGTH) {
      fault(`may have at most ${MAX_SEARCH_LENGTH} characters`)
      return undefined
    }
    const found = [
      ...new Set(
        given
          .normalize('NFC')
          .toLowerCase()
          .match(/[\p{L}\p{M}\p{N}]+/gu) ?? [],
      ),
    ]
    if (found.length === 0 || found.length > MAX_SEARCH_WORDS)
      fault(`has to have 1 to ${MAX_SEARCH_WORDS} words`)
    return found
  })
  .register(argumentDocs, { type: 'string', maxLength: MAX_SEARCH_LENGTH })
