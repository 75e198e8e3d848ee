import { hash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompressSync, constants, gzip, gzipSync } from 'node:zlib'
import { parsePreferences } from '../standard/accept-header.js'
import type { RequestContext } from './request-context.js'

/** Content codings on offer. Not deflate: clients disagree on what it is. */
export type ContentCoding = 'br' | 'gzip'

/** Request headers that decide between 200 and 304, and about compression. */
export interface ConditionalHeaders {
  ifNoneMatch: string | null
  acceptEncoding: string | null
}

export function readConditionalHeaders({ header }: Pick<RequestContext, 'header'>): ConditionalHeaders {
  return { ifNoneMatch: header('if-none-match'), acceptEncoding: header('accept-encoding') }
}

/** Bytes below which compression saves nothing. */
const MIN_COMPRESSED_LENGTH = 1400

/** A weak ETag: it identifies the content, whatever its coding (RFC 9110, 8.8.3). */
export function computeEtag(body: string | Uint8Array): string {
  return `W/"${hash('sha1', body, 'base64url')}"`
}

/** RFC 9110, 13.1.2: whether the client has the version that `etag` identifies. */
export function matchesEtag(etag: string, ifNoneMatch: string | null): boolean {
  if (!ifNoneMatch) return false
  const opaque = (tag: string) => tag.trim().replace(/^W\//, '')
  return ifNoneMatch.split(',').some((tag) => tag.trim() === '*' || opaque(tag) === opaque(etag))
}

/** The first of `offered` that the client accepts for a body of `length` bytes; null: no compression. */
export function negotiateCoding(
  length: number,
  acceptEncoding: string | null,
  offered: readonly ContentCoding[],
): ContentCoding | null {
  if (!acceptEncoding || length < MIN_COMPRESSED_LENGTH) return null
  const accepted = parsePreferences(acceptEncoding)
  return offered.find((coding) => accepted.includes(coding)) ?? null
}

/** Compresses as small as possible: for bodies that are cached. */
export function compressOnce(bytes: Uint8Array, coding: ContentCoding): Uint8Array<ArrayBuffer> {
  if (coding === 'gzip') return gzipSync(bytes, { level: 9 })
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } })
}

const gzipAsync = promisify(gzip)

/** Compresses quickly, in another thread: for a body of one response. */
export async function compressQuickly(body: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return gzipAsync(body, { level: 1 })
}
