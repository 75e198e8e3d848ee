/**
 * Characters of a piece of a document, about. One character beyond Latin-1 doubles all of a text and makes its bytes ten
 * times as dear: in pieces, it does that only to the piece it is in.
 */
export const PIECE_LENGTH = 4096

/** Writes of values, of which each field has one at its position. */
export type EncodeValues = (values: readonly unknown[], at: readonly number[]) => string

/** The same as bytes, made once for each array of values. */
export function memoizeBytes(
  write: EncodeValues,
): (values: readonly unknown[], at: readonly number[]) => Buffer {
  const known = new WeakMap<readonly unknown[], Buffer>()
  return (values, at) => {
    let bytes = known.get(values)
    if (!bytes) {
      bytes = Buffer.from(write(values, at))
      known.set(values, bytes)
    }
    return bytes
  }
}

/** A document in pieces to be put together. */
export type Pieces = readonly (string | Buffer)[]

/** Writes the text of one value of a kind, before escaping; null and undefined never get here. */
export function formatScalar(kind: 'text' | 'integer' | 'decimal' | 'boolean', value: unknown): string {
  return kind === 'decimal' ? formatDecimal(value as number | string) : String(value)
}

/** plain decimal, never an exponent, six places, at least one digit after the point. */
function formatDecimal(value: number | string): string {
  const shortest = String(value)
  const point = shortest.indexOf('.')
  if (point > 0 && shortest.length - point <= 7 && !shortest.includes('e')) return shortest
  const fixed = Number(value).toFixed(6).replace(/0+$/, '')
  return (fixed.endsWith('.') ? `${fixed}0` : fixed).replace(/^-(0\.0)$/, '$1')
}
