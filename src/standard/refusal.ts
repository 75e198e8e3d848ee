type Digit = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9'
type RuleGroup =
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
export type RuleId = `GR-${RuleGroup}-${Digit}${Digit}` | `${'DISC' | 'A' | 'EXT'}-${Digit}${Digit}`

/** HTTP statuses of refusals (GR-ERR-05 to 07, A-11); 409 only in the city API (EXT-40). */
export type RefusalStatus = 400 | 403 | 404 | 405 | 409 | 413 | 429 | 500 | 503

/**
 * A rule that a request breaks. `description` is plain text for the end user and names the argument
 * (GR-ERR-04).
 */
export interface BrokenRule {
  rule: RuleId
  status: RefusalStatus
  description: string
}

/**
 * Thrown for a request that breaks rules; has all broken rules (GR-ERR-08). The first one gives the HTTP
 * status.
 */
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

/** Throws a Refusal for one broken rule. */
export function refuse(rule: RuleId, status: RefusalStatus, description: string): never {
  throw new Refusal([{ rule, status, description }])
}

/** Limits the size of the response; further faults are dropped. */
const MAX_FAULTS = 100

/** Collects the rules that a request breaks, so that one refusal reports them together (GR-ERR-08). */
export class Faults {
  private readonly broken: BrokenRule[] = []
  private readonly descriptions = new Set<string>()

  /** Adds a broken rule, unless the same description was added before. */
  add(rule: RuleId, status: RefusalStatus, description: string): void {
    if (this.broken.length >= MAX_FAULTS || this.descriptions.has(description)) return
    this.descriptions.add(description)
    this.broken.push({ rule, status, description })
  }

  /** Throws one Refusal for all faults, if there are any. */
  refuse(): void {
    const [first, ...rest] = this.broken
    if (first) throw new Refusal([first, ...rest])
  }
}

/** Shortens a name from the client to 100 characters, for error descriptions. */
export function truncate(name: string): string {
  return name.length > 100 ? `${name.slice(0, 100)}…` : name
}
