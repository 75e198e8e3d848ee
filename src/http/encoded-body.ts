import { isTable, type Row, type Table } from '../documents/document.js'
import type { Pieces } from '../formats/text.js'
import { etagOf, packForSending } from './conditional.js'

/** A document as it is sent. What is asked of it again is not made again. */
export class Written {
  private tag: string | undefined
  private packed: Promise<Uint8Array<ArrayBuffer>> | undefined

  constructor(readonly bytes: Uint8Array<ArrayBuffer>) {}

  get etag(): string {
    this.tag ??= etagOf(this.bytes)
    return this.tag
  }

  /** Its bytes, packed by gzip. */
  pack(): Promise<Uint8Array<ArrayBuffer>> {
    this.packed ??= packForSending(this.bytes)
    return this.packed
  }
}

/** Puts a document together. */
export function written(pieces: Pieces): Written {
  const bytes = pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece))
  return new Written((bytes.length === 1 ? bytes[0]! : Buffer.concat(bytes)) as Uint8Array<ArrayBuffer>)
}

/** The same as `write`, put together; of a table that is kept, once. */
export function writtenOnce(write: (value: Row | readonly Row[] | Table) => Pieces) {
  const known = new WeakMap<Table, Written>()
  return (value: Row | readonly Row[] | Table): Written => {
    if (!isTable(value) || !value.isKept) return written(write(value))
    const before = known.get(value)
    if (before) return before
    const made = written(write(value))
    known.set(value, made)
    return made
  }
}
