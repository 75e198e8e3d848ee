/**
 * What a header such as `Accept` or `Accept-Language` prefers: its ranges in lower case, the best first, those of
 * quality 0 left out.
 */
export function parsePreferences(header: string): string[] {
  return header
    .toLowerCase()
    .split(',')
    .map((range) => {
      const [name = '', ...parameters] = range.split(';').map((part) => part.trim())
      return { name, quality: Number(parameters.find((each) => each.startsWith('q='))?.slice(2) ?? 1) }
    })
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(({ name }) => name)
}
