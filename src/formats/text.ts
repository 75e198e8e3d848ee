/**
 * Approximate characters per chunk. Encoding long lists in chunks is about a fifth cheaper than as one
 * string: see spec/decisions/0002-performance-tricks.md.
 */
export const CHUNK_LENGTH = 4096

/** Encodes one row. The value of field i is `values[indexes[i]]`. */
export type EncodeValues = (values: readonly unknown[], indexes: readonly number[]) => string

/**
 * Memoises an encoder per `values` array, as UTF-8 bytes. `indexes` must not differ between calls for the
 * same array.
 */
export function memoizeBytes(
  encode: EncodeValues,
): (values: readonly unknown[], indexes: readonly number[]) => Buffer {
  const cache = new WeakMap<readonly unknown[], Buffer>()
  return (values, indexes) => {
    let bytes = cache.get(values)
    if (!bytes) {
      bytes = Buffer.from(encode(values, indexes))
      cache.set(values, bytes)
    }
    return bytes
  }
}

/** An encoded document in parts to be concatenated. */
export type Chunks = readonly (string | Buffer)[]

/** Formats one value before escaping; `value` must not be null or undefined. */
export function formatScalar(kind: 'text' | 'integer' | 'decimal' | 'boolean', value: unknown): string {
  return kind === 'decimal' ? formatDecimal(value as number | string) : String(value)
}

/** plain decimal without exponent, one to six digits after the point. */
function formatDecimal(value: number | string): string {
  const shortest = String(value)
  const point = shortest.indexOf('.')
  if (point > 0 && shortest.length - point <= 7 && !shortest.includes('e')) return shortest
  const fixed = Number(value).toFixed(6).replace(/0+$/, '')
  return (fixed.endsWith('.') ? `${fixed}0` : fixed).replace(/^-(0\.0)$/, '$1')
}
