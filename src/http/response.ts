import { errors, presentError } from '../documents/errors.js'
import { compileEncoders, getContentType } from '../formats/encoders.js'
import type { Refusal } from '../standard/refusal.js'
import type { Format, ListFormat } from '../standard/terms.js'
import { type ConditionalHeaders, matchesEtag, negotiateCoding } from './conditional.js'
import type { EncodedBody } from './encoded-body.js'

/** Headers of every response: pages of any origin may read it, and its type is not guessed. */
const COMMON_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers':
    'ETag, Last-Modified, Link, Retry-After, X-Request-Id, X-Result-Count, X-Last-Seq, X-List-Max-Rows, X-List-Max-Days, X-Token-Days',
  'x-content-type-options': 'nosniff',
} as const

const errorEncoders = compileEncoders(errors)

/**
 * Headers of a response in a format; null: no body. Object.assign, not spread: see spec/decisions/0002-performance-tricks.md.
 */
export function buildHeaders(
  format: Format | ListFormat | null,
  headers: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.assign(format ? { 'content-type': getContentType(format) } : {}, COMMON_HEADERS, headers)
}

/** A response in one of our formats (GR-ENC-01 to 03). Success is 200, for submissions too (GR-POST-14, A-31). */
export function formatResponse(
  format: Format | ListFormat,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): Response {
  return new Response(body, { status, headers: buildHeaders(format, headers) })
}

/** A readable representation: 304 if the client has it, compressed if accepted. Adds to `headers`. */
export async function conditionalResponse(
  format: Format | ListFormat,
  document: EncodedBody,
  headers: Record<string, string>,
  { ifNoneMatch, acceptEncoding }: ConditionalHeaders,
): Promise<Response> {
  headers.etag ??= document.etag
  if (matchesEtag(headers.etag, ifNoneMatch)) return emptyResponse(304, headers)
  const coding = negotiateCoding(document.bytes.length, acceptEncoding, ['gzip'])
  if (!coding) return formatResponse(format, document.bytes, headers)
  headers['content-encoding'] = coding
  return formatResponse(format, await document.compress(), headers)
}

/** A response without a body, such as 204 and 304. */
export function emptyResponse(status: number, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(null, { status, headers: buildHeaders(null, headers) })
}

/** A response of any other media type, such as HTML. */
export function typedResponse(
  contentType: string,
  body: string | ReadableStream<Uint8Array> | null,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): Response {
  return new Response(body, {
    status,
    headers: { 'content-type': contentType, ...COMMON_HEADERS, ...headers },
  })
}

/** Statuses that the standard does not know; STRICT_STATUS sends 400 instead. */
const NON_STANDARD_STATUSES: ReadonlySet<number> = new Set([405, 413, 429, 500, 503])

/** A refusal as an error document in the caller's format, with its HTTP status (GR-ERR-01). */
export function refusalResponse(
  format: Format,
  refusal: Refusal,
  strictStatus: boolean,
  requestHeaders: Readonly<Record<string, string>>,
): Response {
  const strict = <T extends number>(status: T) =>
    strictStatus && NON_STANDARD_STATUSES.has(status) ? 400 : status
  const rows = refusal.broken.map((rule) => ({ ...presentError(rule), code: strict(rule.status) }))
  const headers = { ...requestHeaders, 'cache-control': 'no-store', ...refusal.headers }
  return formatResponse(format, errorEncoders[format](rows).join(''), headers, strict(refusal.status))
}
