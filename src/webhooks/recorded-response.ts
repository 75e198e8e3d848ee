import type { Delivery } from '../store/events/deliveries.js'

/** Characters of an answer that are kept. */
const MAX_RECORDED_LENGTH = 200
/** So many letters and digits in a row that were sent are no coincidence. */
const MIN_ECHO_LENGTH = 10

/** Stands for an answer that is not kept (EXT-37). */
export const WITHHELD_RESPONSE = 'the answer is not kept: it repeats what it was sent, or names people'

/** What a target may repeat that is nobody else's business: keys, and what people wrote. */
export function listSentSecrets({ target, event, serviceRequest }: Delivery): string[] {
  const { description, status_notes, address, address_id } = serviceRequest
  const written = [event.description, description, status_notes, address, address_id]
  return [target.target_key, target.secret, ...written].filter((text): text is string => !!text)
}

/**
 * What is kept of an answer, for people to see what is wrong (EXT-37): its beginning, as one line; null: it is empty.
 * Nothing of one that holds any of `sent`, or a good part of it, wherever in it and however it is written, or an e-mail
 * address.
 */
export function redactResponse(text: string, sent: readonly string[]): string | null {
  const heard = unescapeText(text)
  const parts = new Set(listFragments(joinLetters(heard)))
  const isHeard = (said: string) =>
    joinLetters(said).length < MIN_ECHO_LENGTH
      ? normalizeWords(heard).includes(normalizeWords(said))
      : listFragments(joinLetters(said)).some((part) => parts.has(part))
  const isEcho = sent.some((each) => isHeard(each) || isHeard(unescapeText(each)))
  if (isEcho || /[^\s@]@[^\s@]/.test(text)) return WITHHELD_RESPONSE
  const line = text.replace(/[\p{C}\p{Z}]+/gu, ' ').trim()
  return [...line].slice(0, MAX_RECORDED_LENGTH).join('') || null
}

/** Characters as URLs, JSON and HTML write them. */
const BYTES = /(?:%[0-9a-f]{2})+/gi
const ESCAPES = /\\u([0-9a-f]{4})|&#x([0-9a-f]{1,6});|&#(\d{1,7});|&(\w+);|\\[bfnrt]/gi
const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** A text in the characters that are meant, whoever escaped it; once, as nobody does it twice. */
export function unescapeText(text: string): string {
  return text
    .replace(BYTES, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString())
    .replace(ESCAPES, (_, json?: string, hex?: string, decimal?: string, name?: string) => {
      const code = json ?? hex
      if (code) return String.fromCodePoint(Math.min(Number.parseInt(code, 16), 0x10ffff))
      if (decimal) return String.fromCodePoint(Math.min(Number(decimal), 0x10ffff))
      return (name && NAMED[name.toLowerCase()]) ?? ' '
    })
}

/** Its words, with a blank before and after each. */
function normalizeWords(text: string): string {
  return ` ${text
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim()} `
}

/** Its words, with nothing between them. */
function joinLetters(text: string): string {
  return normalizeWords(text).replaceAll(' ', '')
}

/** Every part that tells an echo. */
function listFragments(letters: string): string[] {
  return Array.from({ length: Math.max(0, letters.length - MIN_ECHO_LENGTH + 1) }, (_, start) =>
    letters.slice(start, start + MIN_ECHO_LENGTH),
  )
}
