import { isTable, type Row, type Table } from '../documents/document.js'
import type { Pieces } from '../formats/text.js'
import { compressQuickly, computeEtag } from './conditional.js'

/** A document as it is sent. What is asked of it again is not made again. */
export class EncodedBody {
  private tag: string | undefined
  private compressed: Promise<Uint8Array<ArrayBuffer>> | undefined

  constructor(readonly bytes: Uint8Array<ArrayBuffer>) {}

  get etag(): string {
    this.tag ??= computeEtag(this.bytes)
    return this.tag
  }

  /** Its bytes, packed by gzip. */
  compress(): Promise<Uint8Array<ArrayBuffer>> {
    this.compressed ??= compressQuickly(this.bytes)
    return this.compressed
  }
}

/** Puts a document together. */
export function encodeBody(pieces: Pieces): EncodedBody {
  const bytes = pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece))
  return new EncodedBody((bytes.length === 1 ? bytes[0]! : Buffer.concat(bytes)) as Uint8Array<ArrayBuffer>)
}

/** The same as `write`, put together; of a table that is kept, once. */
export function encodeWithCache(write: (value: Row | readonly Row[] | Table) => Pieces) {
  const known = new WeakMap<Table, EncodedBody>()
  return (value: Row | readonly Row[] | Table): EncodedBody => {
    if (!isTable(value) || !value.isCached) return encodeBody(write(value))
    const before = known.get(value)
    if (before) return before
    const made = encodeBody(write(value))
    known.set(value, made)
    return made
  }
}
