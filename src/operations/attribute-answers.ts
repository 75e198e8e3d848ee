import type { Arguments } from '../http/request.js'
import type { Attribute, Service } from '../standard/catalog.js'
import { parseDatetime } from '../standard/datetime.js'
import { type Faults, type RuleId, truncate } from '../standard/refusal.js'
import { cleanText, countCodePoints, parseNumber } from '../standard/text.js'

/** Attribute code -> what the reporter gave for it. */
export type Answers = Record<string, string[]>

export const MAX_ANSWER_LENGTH = 4000
const MAX_CODE_LENGTH = 100
/** Of codes in a submission, and of values of one code. */
export const MAX_ANSWERS = 100

/** All that was said as `attribute[CODE]`, by code. Codes the definition does not know are kept (GR-POST-16). */
export function readAnswers(said: Arguments, faults: Faults): Answers {
  const answers: Answers = Object.create(null)
  let count = 0
  for (const [name, values] of said) {
    const code = /^attribute\[(.+)\]$/s.exec(name)?.[1]
    if (!code) continue
    const fault = (what: string) => faults.add('GR-POST-08', 400, `attribute[${truncate(code)}] ${what}`)
    const clean = [...new Set(values.map(cleanText))]
    if (++count > MAX_ANSWERS) fault(`is one too many: at most ${MAX_ANSWERS} attributes may be answered.`)
    else if (code.length > MAX_CODE_LENGTH)
      fault(`is no attribute: codes have at most ${MAX_CODE_LENGTH} characters.`)
    else if (clean.length > MAX_ANSWERS) fault(`takes at most ${MAX_ANSWERS} values.`)
    else if (clean.some((value) => countCodePoints(value) > MAX_ANSWER_LENGTH)) {
      fault(`may have at most ${MAX_ANSWER_LENGTH} characters.`)
    } else answers[code] = clean
  }
  return answers
}

/** Holds `answers` against the definition of `service`; gives them as they are stored, and every fault in `faults`. */
export function validateAnswers(answers: Answers, service: Service, zone: string, faults: Faults): Answers {
  const checked: Answers = Object.assign(Object.create(null), answers)
  for (const attribute of service.attributes) {
    const { code } = attribute
    const values = Object.hasOwn(answers, code) ? answers[code] : undefined
    const fault = (rule: RuleId, what: string) => faults.add(rule, 400, `attribute[${code}] ${what}`)
    // GR-DEF-04, A-27: a note asks for nothing, unless the client's software is to fill it.
    const asks = attribute.variable || attribute.automated !== null
    if (!asks) delete checked[code]
    else if (values)
      checked[code] = validateAnswer(attribute, values, zone, (what) => fault('GR-POST-08', what))
    else if (attribute.required) fault('GR-DEF-06', `was not provided: ${code} required.`)
  }
  return checked
}

function validateAnswer(
  { datatype, values: options }: Attribute,
  values: string[],
  zone: string,
  fault: (what: string) => void,
): string[] {
  if (datatype !== 'multivaluelist' && values.length > 1) fault('takes one value.')
  return values.map((value) => {
    switch (datatype) {
      case 'singlevaluelist':
      case 'multivaluelist':
        if (!options.some((option) => option.key === value)) fault(`has to be ${describeOptions(options)}.`)
        return value
      case 'number':
        if (parseNumber(value) === null) fault('is not a number.')
        return value
      case 'datetime': {
        // without a zone, the clock of the jurisdiction; a day stays a day.
        const datetime = parseDatetime(value, { edge: 'start', zone })
        if (!datetime) fault('is not a date-time such as 2026-03-02T18:05:11Z.')
        return datetime && value.length > 10 ? datetime : value
      }
      default:
        if (datatype === 'string' && value.includes('\n')) fault('may not have line breaks.')
        return value
    }
  })
}

function describeOptions(options: Attribute['values']): string {
  const keys = options.map((option) => option.key)
  return keys.length > 20 ? 'a key of the service definition' : `one of ${keys.join(', ')}`
}
