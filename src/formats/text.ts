/** Writes the text of one value of a kind, before escaping; null and undefined never get here. */
export function plainText(kind: 'text' | 'integer' | 'decimal' | 'boolean', value: unknown): string {
  if (kind !== 'decimal') return String(value)
  // plain decimal, never an exponent, six places, at least one digit after the point.
  const fixed = Number(value).toFixed(6).replace(/0+$/, '')
  return (fixed.endsWith('.') ? `${fixed}0` : fixed).replace(/^-(0\.0)$/, '$1')
}
