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

/** GR-ERR-05 to 07, A-11: what a refusal may answer with; 409 only in the city API (EXT-40). */
export type RefusalStatus = 400 | 403 | 404 | 405 | 409 | 413 | 429 | 500 | 503

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

/** More faults than anybody reads are not told: an answer stays small however much is wrong. */
const MAX_FAULTS = 100

/** The rules that a call breaks, collected until all of it is read (GR-ERR-08). */
export class Faults {
  private readonly broken: BrokenRule[] = []
  private readonly descriptions = new Set<string>()

  /** Adds a broken rule, unless the same was told. */
  add(rule: RuleId, status: RefusalStatus, description: string): void {
    if (this.broken.length >= MAX_FAULTS || this.descriptions.has(description)) return
    this.descriptions.add(description)
    this.broken.push({ rule, status, description })
  }

  /** Throws one refusal for all of them, if there are any. */
  refuse(): void {
    const [first, ...rest] = this.broken
    if (first) throw new Refusal([first, ...rest])
  }
}

/** A name that a client chose, short enough for an error text. */
export function truncate(name: string): string {
  return name.length > 100 ? `${name.slice(0, 100)}…` : name
}
