import type { Arguments } from '../door.js'
import type { Attribute, Service } from '../standard/catalog.js'
import { parseDatetime } from '../standard/datetime.js'
import type { BrokenRule, RuleId } from '../standard/refusal.js'
import { codePoints } from '../standard/text.js'

/** Attribute code -> what the reporter gave for it. */
export type Answers = Record<string, string[]>

const LONGEST_ANSWER = 4000
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i

/** All that was said as `attribute[CODE]`, by code. Codes the definition does not know are kept (GR-POST-16). */
export function answersIn(said: Arguments): Answers {
  const answers: Answers = Object.create(null)
  for (const [name, values] of said) {
    const code = /^attribute\[(.+)\]$/s.exec(name)?.[1]
    if (code) answers[code] = values.map((value) => value.replace(/\r\n?/g, '\n').trim())
  }
  return answers
}

/** Holds `answers` against the definition of `service`; gives them as they are stored, and every fault in `broken`. */
export function checkAnswers(
  answers: Answers,
  service: Service,
  zone: string,
  broken: BrokenRule[],
): Answers {
  const checked: Answers = { ...answers }
  for (const attribute of service.attributes) {
    const { code } = attribute
    const values = answers[code]
    const fault = (rule: RuleId, what: string) =>
      broken.push({ rule, status: 400, description: `attribute[${code}] ${what}` })
    // GR-DEF-04, A-27: a note asks for nothing, unless the client's software is to fill it.
    const asks = attribute.variable || attribute.automated !== null
    if (!asks) delete checked[code]
    else if (values) checked[code] = readAnswer(attribute, values, zone, fault)
    else if (attribute.required) fault('GR-DEF-06', `was not provided: ${code} required.`)
  }
  return checked
}

function readAnswer(
  { datatype, values: options }: Attribute,
  values: string[],
  zone: string,
  fault: (rule: RuleId, what: string) => void,
): string[] {
  const given = [...new Set(values)]
  if (datatype !== 'multivaluelist' && given.length > 1) fault('GR-POST-08', 'takes one value.')
  return given.map((value) => {
    switch (datatype) {
      case 'singlevaluelist':
      case 'multivaluelist':
        if (!options.some((option) => option.key === value))
          fault('GR-POST-08', `has to be ${among(options)}.`)
        return value
      case 'number':
        if (!NUMBER.test(value)) fault('GR-POST-08', 'is not a number.')
        return value
      case 'datetime': {
        // without a zone, the clock of the jurisdiction.
        const datetime = parseDatetime(value, { edge: 'start', zone })
        if (!datetime) fault('GR-POST-08', 'is not a date-time such as 2026-03-02T18:05:11Z.')
        return datetime ?? value
      }
      default:
        if (datatype === 'string' && value.includes('\n')) fault('GR-POST-08', 'may not have line breaks.')
        if (codePoints(value) > LONGEST_ANSWER)
          fault('GR-POST-08', `may have at most ${LONGEST_ANSWER} characters.`)
        return value
    }
  })
}

function among(options: Attribute['values']): string {
  const keys = options.map((option) => option.key)
  return keys.length > 20 ? 'a key of the service definition' : `one of ${keys.join(', ')}`
}
