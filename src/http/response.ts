import { errors, presentError } from '../documents/errors.js'
import { compileEncoders, getContentType } from '../formats/encoders.js'
import type { Refusal } from '../standard/refusal.js'
import type { Format, ListFormat } from '../standard/terms.js'
import { type ConditionalHeaders, matchesEtag, negotiateCoding } from './conditional.js'
import type { EncodedBody } from './encoded-body.js'

/** Headers of every answer: any page of any origin may read it, and nobody guesses its type. */
const COMMON_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers':
    'ETag, Last-Modified, Link, Retry-After, X-Call-Id, X-Result-Count, X-Last-Seq, X-List-Max-Rows, X-List-Max-Days, X-Token-Days',
  'x-content-type-options': 'nosniff',
} as const

const errorEncoders = compileEncoders(errors)

/**
 * The headers of an answer in a format; null: of one without a body. Not by spreading: spread one after the other, objects
 * of names with hyphens cost every call a fifth of its time.
 */
export function buildHeaders(
  format: Format | ListFormat | null,
  headers: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.assign(format ? { 'content-type': getContentType(format) } : {}, COMMON_HEADERS, headers)
}

/** A body in a format of the standard (GR-ENC-01 to 03); what succeeds is 200, a submission too (GR-POST-14, A-31). */
export function formatResponse(
  format: Format | ListFormat,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): Response {
  return new Response(body, { status, headers: buildHeaders(format, headers) })
}

/** What was read from the store: not again for who has it, packed for who takes it so. `headers` become those of the answer. */
export async function readResponse(
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

/** An answer without a body, such as 204 and 304. */
export function emptyResponse(status: number, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(null, { status, headers: buildHeaders(null, headers) })
}

/** An answer in a type of its own, such as a page for people. */
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

/** Statuses the standard does not know; some test runs want 400 in their place. */
const NON_STANDARD_STATUSES: ReadonlySet<number> = new Set([405, 413, 429, 500, 503])

/** A refusal as an error document: the real status and a body in the caller's format (GR-ERR-01). */
export function refusalResponse(
  format: Format,
  refusal: Refusal,
  strictStatus: boolean,
  own: Readonly<Record<string, string>>,
): Response {
  const strict = <T extends number>(status: T) =>
    strictStatus && NON_STANDARD_STATUSES.has(status) ? 400 : status
  const rows = refusal.broken.map((each) => ({ ...presentError(each), code: strict(each.status) }))
  const headers = { ...own, 'cache-control': 'no-store', ...refusal.headers }
  return formatResponse(format, errorEncoders[format](rows).join(''), headers, strict(refusal.status))
}
