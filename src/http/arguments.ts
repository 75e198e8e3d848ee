import { z } from 'zod'
import { parseDatetime } from '../standard/datetime.js'
import type { Faults, RuleId } from '../standard/refusal.js'
import { cleanText, countCodePoints, parseNumber } from '../standard/text.js'
import { argumentDocs } from './argument-docs.js'
import { type Arguments, REPEATED_WITH_OTHER_VALUE } from './request.js'

/** An argument as it arrives: all its values. */
export const rawArgument = z.array(z.string()).readonly().optional()

/** A zod issue with the rule that the argument breaks. */
export const brokenRule = (message: string, rule: RuleId | undefined) => ({
  code: 'custom' as const,
  message,
  params: { rule },
})

const MAX_VALUES = 1000
/** Documentation of one value. */
export const TEXT_DOCS = { type: 'string' } as const

/** Documentation of a list of values. */
export const LIST_DOCS = {
  type: 'array',
  items: TEXT_DOCS,
  maxItems: MAX_VALUES,
  separated: 'by commas',
} as const

/**
 * A list: repeated or separated by commas, without surrounding blanks, empty values and duplicates
 * (A-21).
 */
export const unboundedList = rawArgument
  .transform((values) => {
    const parts = values?.flatMap((value) => value.split(',')) ?? []
    return [...new Set(parts.map((value) => value.trim()).filter((value) => value !== ''))]
  })
  .register(argumentDocs, LIST_DOCS)

/** A list of at most 1,000 values. */
export const stringList = unboundedList
  .transform((values, context) => {
    if (values.length > MAX_VALUES) context.addIssue(`may have at most ${MAX_VALUES} values`)
    return values
  })
  .register(argumentDocs, LIST_DOCS)

/** One value. Repeating the argument with another value is a fault. */
export const singleValue = rawArgument
  .transform((values, context) => {
    if (values && new Set(values).size > 1) context.addIssue(REPEATED_WITH_OTHER_VALUE)
    return values?.[0]
  })
  .register(argumentDocs, TEXT_DOCS)

/** Free text of at most `maxLength` code points, cleaned (GR-XML-08). */
export const text = (maxLength: number, rule?: RuleId) =>
  singleValue
    .transform((value, context) => {
      const cleaned = value === undefined ? undefined : cleanText(value)
      if (cleaned !== undefined && countCodePoints(cleaned) > maxLength) {
        context.addIssue(brokenRule(`may have at most ${maxLength} characters`, rule))
      }
      return cleaned
    })
    .register(argumentDocs, { type: 'string', maxLength })

/** A date or date-time. A date alone is its first or last second, by `edge`. */
export const datetime = (edge: 'start' | 'end') =>
  singleValue
    .transform((value, context) => {
      if (value === undefined) return undefined
      const parsed = parseDatetime(value, { edge })
      if (parsed) return parsed
      context.addIssue(brokenRule('is not a date-time such as 2026-03-02T18:05:11Z', 'GR-DT-03'))
      return undefined
    })
    .register(argumentDocs, { type: 'string', format: 'date-time' })

/** Degrees from -`max` to `max`, in plain or exponent notation (GR-POST-05, A-25). */
export const degrees = (max: number) =>
  singleValue
    .transform((value, context) => {
      if (value === undefined) return undefined
      const number = parseNumber(value)
      // Six decimal places are about 0.1 m.
      if (number !== null && Math.abs(number) <= max) return Math.round(number * 1e6) / 1e6
      context.addIssue(brokenRule(`is not a number from -${max} to ${max}`, 'A-25'))
      return undefined
    })
    .register(argumentDocs, { type: 'number', minimum: -max, maximum: max })

/**
 * Parses the arguments that are present by `schema`. Broken rules go to `faults`, one for each issue:
 * the rule of the issue, else `rule`.
 */
export function parseArguments<Schema extends z.ZodObject>(
  schema: Schema,
  args: Arguments,
  rule: RuleId,
  faults: Faults,
): Partial<z.output<Schema>> {
  const result: Record<string, unknown> = {}
  const { shape } = schema
  for (const name of Object.keys(shape)) {
    const values = args.get(name)
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

/** A list of values that may contain commas: repeated only. */
export const verbatimList = rawArgument
  .transform((values, context) => {
    if (values && values.length > MAX_VALUES) context.addIssue(`may have at most ${MAX_VALUES} values`)
    return [...new Set(values?.map((value) => value.trim()) ?? [])]
  })
  .register(argumentDocs, { ...LIST_DOCS, separated: 'by repeating' })

/** A whole number from `min` to `max`. */
export const integer = (min: number, max: number, rule?: RuleId) =>
  singleValue
    .transform((value, context) => {
      if (value === undefined) return undefined
      const number = /^\s*\d{1,16}\s*$/.test(value) ? Number(value) : Number.NaN
      if (number >= min && number <= max) return number
      context.addIssue(brokenRule(`is not a whole number from ${min} to ${max}`, rule))
      return undefined
    })
    .register(argumentDocs, { type: 'integer', minimum: min, maximum: max })

export const boolean = singleValue
  .transform((value, context) => {
    const word = value?.trim().toLowerCase()
    if (word === undefined || word === 'true' || word === 'false')
      return word === undefined ? undefined : word === 'true'
    context.addIssue('has to be true or false')
    return undefined
  })
  .register(argumentDocs, { type: 'boolean' })

/** One of `words`. */
export const oneOf = <Word extends string>(...words: readonly Word[]) =>
  singleValue
    .transform((value, context) => {
      const word = words.find((each) => each === value?.trim())
      if (value !== undefined && !word) context.addIssue(`has to be ${words.join(' or ')}`)
      return word
    })
    .register(argumentDocs, { type: 'string', enum: words })

const MAX_SEARCH_WORDS = 10
const MAX_SEARCH_LENGTH = 200

/** EXT-22: the words of a text, in lower case: runs of letters, marks and digits. */
export const searchWords = singleValue
  .transform((value, context) => {
    if (value === undefined) return undefined
    const addFault = (message: string) => context.addIssue(brokenRule(message, 'EXT-22'))
    // Checked first: normalization takes more than linear time.
    if (value.length > MAX_SEARCH_LENGTH) {
      addFault(`may have at most ${MAX_SEARCH_LENGTH} characters`)
      return undefined
    }
    const words = [
      ...new Set(
        value
          .normalize('NFC')
          .toLowerCase()
          .match(/[\p{L}\p{M}\p{N}]+/gu) ?? [],
      ),
    ]
    if (words.length === 0 || words.length > MAX_SEARCH_WORDS)
      addFault(`has to have 1 to ${MAX_SEARCH_WORDS} words`)
    return words
  })
  .register(argumentDocs, { type: 'string', maxLength: MAX_SEARCH_LENGTH })
