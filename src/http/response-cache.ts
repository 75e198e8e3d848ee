import type { IncomingMessage, ServerResponse } from 'node:http'

/** An answer with nothing left to decide. */
export interface ReadyAnswer {
  status: number
  headers: Readonly<Record<string, string>>
  body: Uint8Array<ArrayBuffer> | null
  /** What the log tells of it. */
  log: Readonly<Record<string, unknown>>
}

/** What of a call decides on the answer, besides its address. */
const DECIDING = ['accept', 'accept-encoding', 'accept-language', 'if-none-match'] as const

const MOST_KEPT = 2000
const LONGEST_NAME = 2000

/**
 * Answers that were made from the catalog once and are the same for everyone until it changes: a call for one of them is
 * answered before anything of it is read.
 */
export class ReadyAnswers {
  private readonly kept = new Map<string, Sendable>()
  private madeFrom: object | null = null

  /** `catalog` gives the catalog as it is now. */
  constructor(private readonly catalog: () => object) {}

  /** Keeps what `call` was answered with, which was made from the catalog as it was `then`. */
  keep(call: IncomingMessage, answer: ReadyAnswer, then: object): void {
    const name = nameOf(call)
    if (name === null || then !== this.catalog()) return
    if (then !== this.madeFrom) this.kept.clear()
    this.madeFrom = then
    // The oldest goes; if it is asked for again, it comes again.
    if (this.kept.size >= MOST_KEPT) this.kept.delete(this.kept.keys().next().value!)
    this.kept.set(name, sendable(answer))
  }

  /** The answer to `call`, if it is ready. */
  find(call: IncomingMessage): Sendable | undefined {
    if (this.madeFrom !== this.catalog()) return undefined
    const name = nameOf(call)
    return name === null ? undefined : this.kept.get(name)
  }
}

/** The same with its headers as they are written: names and values in turn. */
export interface Sendable extends Omit<ReadyAnswer, 'headers'> {
  headers: readonly string[]
}

function sendable({ headers, body, ...answer }: ReadyAnswer): Sendable {
  const length = body ? ['content-length', String(body.length)] : []
  return { ...answer, body, headers: [...Object.entries(headers).flat(), ...length] }
}

/** Sends it as the answer to one call. */
export function sendReady({ status, headers, body }: Sendable, callId: string, to: ServerResponse): void {
  to.writeHead(status, [...headers, 'x-call-id', callId])
  to.end(body)
}

/** Null: no call that is answered the same again. */
function nameOf({ method, url, headers }: IncomingMessage): string | null {
  if (method !== 'GET' || headers['content-length'] || headers['transfer-encoding']) return null
  let name = url!
  for (const each of DECIDING) name += `\n${headers[each] ?? ''}`
  return name.length > LONGEST_NAME ? null : name
}
