import { LRUCache } from 'lru-cache'
import type { Datetime } from '../standard/datetime.js'
import type { Format } from '../standard/terms.js'
import {
  type ConditionalHeaders,
  type ContentCoding,
  compressOnce,
  computeEtag,
  matchesEtag,
  negotiateCoding,
} from './conditional.js'
import { encodeBody } from './encoded-body.js'
import { buildHeaders } from './response.js'
import type { CacheableResponse } from './response-cache.js'

/** An encoded body and its compressed forms, each made when it is first requested. */
interface CachedBody {
  body: Uint8Array<ArrayBuffer>
  etag: string
  compressed: Map<ContentCoding, Uint8Array<ArrayBuffer>>
}

/** What a cached body is made from. */
export interface CatalogSource {
  format: Format
  /** Immutable part of the catalog that determines the body; the entry lives as long as it. */
  owner: object
  /** Distinguishes the bodies of one owner; the format is added. */
  key: string
  /** Text whose digest is the ETag; absent: the body. */
  etagSource?: string
  /** Last-Modified. */
  changeset: Datetime
  encode(): readonly (string | Buffer)[]
}

/** Bound for one owner: languages × services × formats. */
const MAX_ENTRIES = 5000

/** Bodies that depend on the catalog alone: encoded and compressed once per catalog. */
export class CatalogResponseCache {
  private readonly bodies = new WeakMap<object, LRUCache<string, CachedBody>>()

  /** The response to a request with these conditional headers: 200, or 304 if the client has the body. */
  respond(
    source: CatalogSource,
    { ifNoneMatch, acceptEncoding }: ConditionalHeaders,
  ): Omit<CacheableResponse, 'logFields'> {
    const { format } = source
    const entry = this.findOrEncode(source)
    const headers = {
      etag: entry.etag,
      'last-modified': new Date(source.changeset).toUTCString(),
      'cache-control': 'public, max-age=60',
      vary: 'Accept, Accept-Encoding, Accept-Language',
    }
    if (matchesEtag(entry.etag, ifNoneMatch))
      return { status: 304, headers: buildHeaders(null, headers), body: null }
    const coding = negotiateCoding(entry.body.length, acceptEncoding, ['br', 'gzip'])
    if (!coding) return { status: 200, headers: buildHeaders(format, headers), body: entry.body }
    const compressed = entry.compressed.get(coding) ?? compressOnce(entry.body, coding)
    entry.compressed.set(coding, compressed)
    return {
      status: 200,
      headers: buildHeaders(format, { ...headers, 'content-encoding': coding }),
      body: compressed,
    }
  }

  private findOrEncode({ owner, format, key, etagSource, encode }: CatalogSource): CachedBody {
    let bodies = this.bodies.get(owner)
    if (!bodies) {
      bodies = new LRUCache({ max: MAX_ENTRIES })
      this.bodies.set(owner, bodies)
    }
    const name = `${format} ${key}`
    let entry = bodies.get(name)
    if (!entry) {
      const { bytes } = encodeBody(encode())
      entry = { body: bytes, etag: computeEtag(etagSource ?? bytes), compressed: new Map() }
      bodies.set(name, entry)
    }
    return entry
  }
}
