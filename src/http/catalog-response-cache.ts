import type { Context } from 'hono'
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

/** A body that stays the same until the catalog changes, and its packings as far as they were asked for. */
interface CachedBody {
  body: Uint8Array<ArrayBuffer>
  etag: string
  compressed: Map<ContentCoding, Uint8Array<ArrayBuffer>>
}

/** Reads it off the headers of a call. */
export function readConditionalHeaders(context: Context): ConditionalHeaders {
  return {
    ifNoneMatch: context.req.header('if-none-match') ?? null,
    acceptEncoding: context.req.header('accept-encoding') ?? null,
  }
}

/** More bodies than this of one catalog are not kept; only languages times services times formats could make so many. */
const MAX_ENTRIES = 5000

/**
 * Answers that come from the catalog alone: made once for each catalog, with an ETag, so that nothing is read or written
 * for them again.
 */
export class CatalogResponseCache {
  private readonly entries = new WeakMap<object, Map<string, CachedBody>>()

  /**
   * `owner` is the immutable value the body is made from; `name` tells its bodies apart; the ETag is a digest of `tag`,
   * or of the body.
   */
  respond(
    owner: object,
    { name: key, tag, changeset }: { name: string; tag?: string; changeset: Datetime },
    format: Format,
    { ifNoneMatch, acceptEncoding }: ConditionalHeaders,
    make: () => readonly (string | Buffer)[],
  ): Omit<CacheableResponse, 'log'> {
    const bodies = this.entries.get(owner) ?? new Map<string, CachedBody>()
    this.entries.set(owner, bodies)
    const name = `${format} ${key}`
    const kept = bodies.get(name) ?? createEntry(make(), tag)
    if (!bodies.has(name) && bodies.size < MAX_ENTRIES) bodies.set(name, kept)
    const headers = {
      etag: kept.etag,
      'last-modified': new Date(changeset).toUTCString(),
      'cache-control': 'public, max-age=60',
      vary: 'Accept, Accept-Encoding, Accept-Language',
    }
    if (matchesEtag(kept.etag, ifNoneMatch))
      return { status: 304, headers: buildHeaders(null, headers), body: null }
    const coding = negotiateCoding(kept.body.length, acceptEncoding, ['br', 'gzip'])
    if (!coding) return { status: 200, headers: buildHeaders(format, headers), body: kept.body }
    const packed = kept.compressed.get(coding) ?? compressOnce(kept.body, coding)
    kept.compressed.set(coding, packed)
    return {
      status: 200,
      headers: buildHeaders(format, { ...headers, 'content-encoding': coding }),
      body: packed,
    }
  }
}

function createEntry(text: readonly (string | Buffer)[], tag: string | undefined): CachedBody {
  const body = encodeBody(text).bytes
  return { body, etag: computeEtag(tag ?? body), compressed: new Map() }
}
