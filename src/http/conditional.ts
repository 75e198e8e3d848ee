import { hash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompressSync, constants, gzip, gzipSync } from 'node:zlib'
import { parsePreferences } from '../standard/accept-header.js'

/** How a body may be packed on its way; deflate is left alone, for clients disagree on what it is. */
export type ContentCoding = 'br' | 'gzip'

/** What a client says of bodies it has and takes. */
export interface ConditionalHeaders {
  ifNoneMatch: string | null
  acceptEncoding: string | null
}

/** Bytes under which packing saves nothing. */
const MIN_COMPRESSED_LENGTH = 1400

/** A weak tag, for it names the content and not its packing (RFC 9110, 8.8.3). */
export function computeEtag(body: string | Uint8Array): string {
  return `W/"${hash('sha1', body, 'base64url')}"`
}

/** RFC 9110, 13.1.2: true if the client has what `etag` names. */
export function matchesEtag(etag: string, ifNoneMatch: string | null): boolean {
  if (!ifNoneMatch) return false
  const opaque = (tag: string) => tag.trim().replace(/^W\//, '')
  return ifNoneMatch.split(',').some((tag) => tag.trim() === '*' || opaque(tag) === opaque(etag))
}

/** The first of `offered` that the client takes for so many bytes; null: as they are, which few always are. */
export function negotiateCoding(
  length: number,
  acceptEncoding: string | null,
  offered: readonly ContentCoding[],
): ContentCoding | null {
  if (!acceptEncoding || length < MIN_COMPRESSED_LENGTH) return null
  const taken = parsePreferences(acceptEncoding)
  return offered.find((coding) => taken.includes(coding)) ?? null
}

/** Packs as small as it goes: for what is made once and sent often. */
export function compressOnce(bytes: Uint8Array, coding: ContentCoding): Uint8Array<ArrayBuffer> {
  if (coding === 'gzip') return gzipSync(bytes, { level: 9 })
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } })
}

const gzipAsync = promisify(gzip)

/** Packs quickly, in another thread: for what is made for one call. */
export async function compressQuickly(body: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return gzipAsync(body, { level: 1 })
}
