import type { Arguments } from '../http/request.js'
import type { Attribute, Service } from '../standard/catalog.js'
import { parseDatetime } from '../standard/datetime.js'
import { type Faults, type RuleId, truncate } from '../standard/refusal.js'
import { cleanText, countCodePoints, parseNumber } from '../standard/text.js'

/** Attribute values of a submission by attribute code. */
export type Answers = Record<string, string[]>

export const MAX_ANSWER_LENGTH = 4000
const MAX_CODE_LENGTH = 100
/** Limit on attributes of a submission, and on values of an attribute. */
export const MAX_ANSWERS = 100

/** GR-DEF-04, A-27: a note takes no value, unless the client's software supplies one. */
export function takesValue({ variable, automated }: Pick<Attribute, 'variable' | 'automated'>): boolean {
  return variable || automated !== null
}

/**
 * Reads the arguments `attribute[CODE]`. Codes that are not in the service definition are kept
 * (GR-POST-16).
 */
export function readAnswers(args: Arguments, faults: Faults): Answers {
  const answers: Answers = Object.create(null)
  let count = 0
  for (const [name, values] of args) {
    const code = /^attribute\[(.+)\]$/s.exec(name)?.[1]
    if (!code) continue
    const addFault = (problem: string) =>
      faults.add('GR-POST-08', 400, `attribute[${truncate(code)}] ${problem}`)
    const cleaned = [...new Set(values.map(cleanText))]
    if (++count > MAX_ANSWERS) addFault(`is one too many: at most ${MAX_ANSWERS} attributes may be answered.`)
    else if (code.length > MAX_CODE_LENGTH)
      addFault(`is no attribute: codes have at most ${MAX_CODE_LENGTH} characters.`)
    else if (cleaned.length > MAX_ANSWERS) addFault(`takes at most ${MAX_ANSWERS} values.`)
    else if (cleaned.some((value) => countCodePoints(value) > MAX_ANSWER_LENGTH)) {
      addFault(`may have at most ${MAX_ANSWER_LENGTH} characters.`)
    } else answers[code] = cleaned
  }
  return answers
}

/**
 * Validates `answers` by the definition of `service`. Returns them as they are stored; broken rules go
 * to `faults`.
 */
export function validateAnswers(
  answers: Answers,
  service: Service,
  timeZone: string,
  faults: Faults,
): Answers {
  const validated: Answers = Object.assign(Object.create(null), answers)
  for (const attribute of service.attributes) {
    const { code } = attribute
    const values = Object.hasOwn(answers, code) ? answers[code] : undefined
    const addFault = (rule: RuleId, problem: string) => faults.add(rule, 400, `attribute[${code}] ${problem}`)
    if (!takesValue(attribute)) delete validated[code]
    else if (values)
      validated[code] = validateAnswer(attribute, values, timeZone, (problem) =>
        addFault('GR-POST-08', problem),
      )
    else if (attribute.required) addFault('GR-DEF-06', `was not provided: ${code} required.`)
  }
  return validated
}

function validateAnswer(
  { datatype, values: options }: Attribute,
  values: string[],
  timeZone: string,
  addFault: (problem: string) => void,
): string[] {
  if (datatype !== 'multivaluelist' && values.length > 1) addFault('takes one value.')
  return values.map((value) => {
    switch (datatype) {
      case 'singlevaluelist':
      case 'multivaluelist':
        if (!options.some((option) => option.key === value))
          addFault(`has to be ${describeOptions(options)}.`)
        return value
      case 'number':
        if (parseNumber(value) === null) addFault('is not a number.')
        return value
      case 'datetime': {
        // without an offset, local time of the jurisdiction; a date alone is stored as a date.
        const datetime = parseDatetime(value, { edge: 'start', zone: timeZone })
        if (!datetime) addFault('is not a date-time such as 2026-03-02T18:05:11Z.')
        return datetime && value.length > 10 ? datetime : value
      }
      default:
        if (datatype === 'string' && value.includes('\n')) addFault('may not have line breaks.')
        return value
    }
  })
}

function describeOptions(options: Attribute['values']): string {
  const keys = options.map((option) => option.key)
  return keys.length > 20 ? 'a key of the service definition' : `one of ${keys.join(', ')}`
}
