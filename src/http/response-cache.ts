import type { IncomingMessage, ServerResponse } from 'node:http'
import { LRUCache } from 'lru-cache'

/** A complete response that is the same for everyone until the catalog changes. */
export interface CacheableResponse {
  status: number
  headers: Readonly<Record<string, string>>
  body: Uint8Array<ArrayBuffer> | null
  /** Fields of the log line. */
  logFields: Readonly<Record<string, unknown>>
}

/** The same with its headers as node writes them: names and values in turn. */
export interface CachedResponse extends Omit<CacheableResponse, 'headers'> {
  headers: readonly string[]
}

/** Request headers that the response depends on; with the URL they are the cache key. */
const KEY_HEADERS = ['accept', 'accept-encoding', 'accept-language', 'if-none-match'] as const

const MAX_ENTRIES = 2000
const MAX_KEY_LENGTH = 2000

/**
 * Pre-router cache of responses that are made from the catalog alone. A hit is sent before the request is parsed. All
 * entries are of one catalog: a new catalog empties the cache.
 */
export class ResponseCache {
  private readonly entries = new LRUCache<string, CachedResponse>({ max: MAX_ENTRIES })
  private cachedCatalog: object | null = null

  /** `catalog` returns the current catalog. */
  constructor(private readonly catalog: () => object) {}

  /** Stores the response to a request. `madeFrom` is the catalog that it was made from. */
  store(incoming: IncomingMessage, response: CacheableResponse, madeFrom: object): void {
    const key = cacheKey(incoming)
    if (key === null || madeFrom !== this.catalog()) return
    if (madeFrom !== this.cachedCatalog) this.entries.clear()
    this.cachedCatalog = madeFrom
    this.entries.set(key, prepareResponse(response))
  }

  find(incoming: IncomingMessage): CachedResponse | undefined {
    if (this.cachedCatalog !== this.catalog()) return undefined
    const key = cacheKey(incoming)
    return key === null ? undefined : this.entries.get(key)
  }
}

function prepareResponse({ headers, body, ...rest }: CacheableResponse): CachedResponse {
  const length = body ? ['content-length', String(body.length)] : []
  return { ...rest, body, headers: [...Object.entries(headers).flat(), ...length] }
}

export function sendCachedResponse(
  { status, headers, body }: CachedResponse,
  requestId: string,
  to: ServerResponse,
): void {
  to.writeHead(status, [...headers, 'x-request-id', requestId])
  to.end(body)
}

/** Null: a request that is never answered from the cache. */
function cacheKey({ method, url, headers }: IncomingMessage): string | null {
  if (method !== 'GET' || headers['content-length'] || headers['transfer-encoding']) return null
  let key = url!
  for (const name of KEY_HEADERS) key += `\n${headers[name] ?? ''}`
  return key.length > MAX_KEY_LENGTH ? null : key
}
