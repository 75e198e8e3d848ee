/** Characters that XML 1.0 forbids: strict parsers reject the whole document (GR-ENC-07). */
const ILLEGAL_CHARACTERS = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g

/** Fast path: texts without any of these are legal. */
const NEEDS_CLEANING = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF\uD800-\uDFFF]/

/** Removes characters that XML 1.0 forbids, and lone surrogates (GR-ENC-07). */
export function stripIllegalCharacters(text: string): string {
  if (!NEEDS_CLEANING.test(text)) return text
  const legal = text.replace(ILLEGAL_CHARACTERS, '')
  return legal.isWellFormed() ? legal : legal.replace(/\p{Surrogate}/gu, '')
}

/**
 * Normalises a text for storage: removes illegal characters, makes line ends LF and trims
 * (GR-XML-08).
 */
export function cleanText(text: string): string {
  return stripIllegalCharacters(text).replace(/\r\n?/g, '\n').trim()
}

/** Parses a number in plain or exponent notation, of at most 40 characters; null for anything else. */
export function parseNumber(text: string): number | null {
  const trimmed = text.trim()
  const isNumber = trimmed.length <= 40 && /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?$/i.test(trimmed)
  return isNumber ? Number(trimmed) : null
}

/** Returns the length in code points, the unit of the length limits (GR-POST-09). */
export function countCodePoints(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}
