import { isTable, type Row, type Table } from '../documents/document.js'
import type { Chunks } from '../formats/text.js'
import { compressQuickly, computeEtag } from './conditional.js'

/** An encoded document. Its ETag and its compressed form are computed when first needed, and cached. */
export class EncodedBody {
  private tag: string | undefined
  private compressed: Promise<Uint8Array<ArrayBuffer>> | undefined

  constructor(readonly bytes: Uint8Array<ArrayBuffer>) {}

  get etag(): string {
    this.tag ??= computeEtag(this.bytes)
    return this.tag
  }

  /** The bytes, compressed by gzip. */
  compress(): Promise<Uint8Array<ArrayBuffer>> {
    this.compressed ??= compressQuickly(this.bytes)
    return this.compressed
  }
}

/** Joins the pieces of a document. */
export function encodeBody(pieces: Chunks): EncodedBody {
  const bytes = pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece))
  return new EncodedBody((bytes.length === 1 ? bytes[0]! : Buffer.concat(bytes)) as Uint8Array<ArrayBuffer>)
}

/**
 * An encoder that caches by table: the row cache returns the identical table for an identical list, which is then neither
 * encoded nor hashed nor compressed again.
 */
export function encodeWithCache(encode: (value: Row | readonly Row[] | Table) => Chunks) {
  const bodies = new WeakMap<Table, EncodedBody>()
  return (value: Row | readonly Row[] | Table): EncodedBody => {
    if (!isTable(value) || !value.isCached) return encodeBody(encode(value))
    let body = bodies.get(value)
    if (!body) {
      body = encodeBody(encode(value))
      bodies.set(value, body)
    }
    return body
  }
}
