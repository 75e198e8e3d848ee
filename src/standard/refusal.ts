type Digit = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9'
type Theme =
  | 'GEN'
  | 'ENC'
  | 'XML'
  | 'JSON'
  | 'DT'
  | 'JUR'
  | 'KEY'
  | 'ERR'
  | 'SVC'
  | 'DEF'
  | 'POST'
  | 'TOK'
  | 'LIST'
  | 'ONE'

/** The permanent id of a rule: a record of spec/rules.json, or an extension of spec/extensions.md. */
export type RuleId = `GR-${Theme}-${Digit}${Digit}` | `${'DISC' | 'A' | 'EXT'}-${Digit}${Digit}`

/** GR-ERR-05 to 07, A-11: what a refusal may answer with. */
export type RefusalStatus = 400 | 403 | 404 | 405 | 413 | 500 | 503

/** One rule that a call broke. `description` is plain text for the end user and names the argument (GR-ERR-04). */
export interface BrokenRule {
  rule: RuleId
  status: RefusalStatus
  description: string
}

/** The answer to a call that breaks rules: all of them at once (GR-ERR-08); the first one gives the HTTP status. */
export class Refusal extends Error {
  readonly status: RefusalStatus

  constructor(
    readonly broken: readonly [BrokenRule, ...BrokenRule[]],
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(broken.map((each) => each.rule).join(' '))
    this.name = 'Refusal'
    this.status = broken[0].status
  }
}

/** Throws a refusal for one broken rule. */
export function refuse(rule: RuleId, status: RefusalStatus, description: string): never {
  throw new Refusal([{ rule, status, description }])
}

/** Throws one refusal for all of `broken`, if there are any. */
export function refuseAll(broken: readonly BrokenRule[]): void {
  const [first, ...rest] = broken
  if (first) throw new Refusal([first, ...rest])
}
