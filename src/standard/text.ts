/** What XML 1.0 forbids, and U+FFFE and U+FFFF: strict parsers reject a document that holds one (GR-ENC-07). */
const FORBIDDEN = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g

/** Quickly tells most texts that are legal from those that have to be looked at. */
const NEEDS_CLEANING = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF\uD800-\uDFFF]/

/** `text` without the characters that XML 1.0 forbids and without halves of surrogate pairs (GR-ENC-07). */
export function stripIllegalCharacters(text: string): string {
  if (!NEEDS_CLEANING.test(text)) return text
  const legal = text.replace(FORBIDDEN, '')
  return legal.isWellFormed() ? legal : legal.replace(/\p{Surrogate}/gu, '')
}

/** Text as it is stored: legal, line ends are LF, blanks around it are gone (GR-XML-08). */
export function cleanText(text: string): string {
  return stripIllegalCharacters(text).replace(/\r\n?/g, '\n').trim()
}

/** A number as clients write it, in plain or exponent notation; null for anything else, however long. */
export function parseNumber(text: string): number | null {
  const trimmed = text.trim()
  const isNumber = trimmed.length <= 40 && /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?$/i.test(trimmed)
  return isNumber ? Number(trimmed) : null
}

/** Length in code points, the unit of the 4,000 characters of a description (GR-POST-09). */
export function countCodePoints(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}
