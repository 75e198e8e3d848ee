/**
 * Parses `Accept`, `Accept-Language` or `Accept-Encoding`: returns the ranges in lower case, by
 * descending quality; ranges with q=0 are omitted.
 */
export function parsePreferences(header: string): string[] {
  return header
    .toLowerCase()
    .split(',')
    .map((range) => {
      const [name = '', ...params] = range.split(';').map((part) => part.trim())
      return { name, quality: Number(params.find((each) => each.startsWith('q='))?.slice(2) ?? 1) }
    })
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ name }) => name)
}
