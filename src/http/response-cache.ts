import type { IncomingMessage, ServerResponse } from 'node:http'

/** An answer with nothing left to decide. */
export interface CacheableResponse {
  status: number
  headers: Readonly<Record<string, string>>
  body: Uint8Array<ArrayBuffer> | null
  /** What the log tells of it. */
  log: Readonly<Record<string, unknown>>
}

/** What of a call decides on the answer, besides its address. */
const KEY_HEADERS = ['accept', 'accept-encoding', 'accept-language', 'if-none-match'] as const

const MAX_ENTRIES = 2000
const MAX_KEY_LENGTH = 2000

/**
 * Answers that were made from the catalog once and are the same for everyone until it changes: a call for one of them is
 * answered before anything of it is read.
 */
export class ResponseCache {
  private readonly entries = new Map<string, CachedResponse>()
  private cachedCatalog: object | null = null

  /** `catalog` gives the catalog as it is now. */
  constructor(private readonly catalog: () => object) {}

  /** Keeps what `call` was answered with, which was made from the catalog as it was `then`. */
  store(call: IncomingMessage, answer: CacheableResponse, then: object): void {
    const name = cacheKey(call)
    if (name === null || then !== this.catalog()) return
    if (then !== this.cachedCatalog) this.entries.clear()
    this.cachedCatalog = then
    // The oldest goes; if it is asked for again, it comes again.
    if (this.entries.size >= MAX_ENTRIES) this.entries.delete(this.entries.keys().next().value!)
    this.entries.set(name, prepareResponse(answer))
  }

  /** The answer to `call`, if it is ready. */
  find(call: IncomingMessage): CachedResponse | undefined {
    if (this.cachedCatalog !== this.catalog()) return undefined
    const name = cacheKey(call)
    return name === null ? undefined : this.entries.get(name)
  }
}

/** The same with its headers as they are written: names and values in turn. */
export interface CachedResponse extends Omit<CacheableResponse, 'headers'> {
  headers: readonly string[]
}

function prepareResponse({ headers, body, ...answer }: CacheableResponse): CachedResponse {
  const length = body ? ['content-length', String(body.length)] : []
  return { ...answer, body, headers: [...Object.entries(headers).flat(), ...length] }
}

/** Sends it as the answer to one call. */
export function sendCachedResponse(
  { status, headers, body }: CachedResponse,
  callId: string,
  to: ServerResponse,
): void {
  to.writeHead(status, [...headers, 'x-call-id', callId])
  to.end(body)
}

/** Null: no call that is answered the same again. */
function cacheKey({ method, url, headers }: IncomingMessage): string | null {
  if (method !== 'GET' || headers['content-length'] || headers['transfer-encoding']) return null
  let name = url!
  for (const each of KEY_HEADERS) name += `\n${headers[each] ?? ''}`
  return name.length > MAX_KEY_LENGTH ? null : name
}
