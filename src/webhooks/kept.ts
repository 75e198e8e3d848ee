import type { Delivery } from '../store/deliveries.js'

/** Characters of an answer that are kept. */
const LONGEST = 200
/** So many letters and digits in a row that were sent are no coincidence. */
const ECHO = 10

/** Stands for an answer that is not kept (EXT-37). */
export const WITHHELD = 'the answer is not kept: it repeats what it was sent, or names people'

/** What a target may repeat that is nobody else's business: keys, and what people wrote. */
export function sentWith({ target, event, serviceRequest }: Delivery): string[] {
  const { description, status_notes, address, address_id } = serviceRequest
  const written = [event.description, description, status_notes, address, address_id]
  return [target.target_key, target.secret, ...written].filter((text): text is string => !!text)
}

/**
 * What is kept of an answer, for people to see what is wrong (EXT-37): its beginning, as one line; null: it is empty.
 * Nothing of one that holds any of `sent`, or a good part of it, wherever in it and however it is written, or an e-mail
 * address.
 */
export function answerKept(text: string, sent: readonly string[]): string | null {
  const heard = lettersOf(text)
  const isEcho = sent.some(
    (each) => text.includes(each) || partsOf(lettersOf(each)).some((part) => heard.includes(part)),
  )
  if (isEcho || /[^\s@]@[^\s@]/.test(text)) return WITHHELD
  const line = text.replace(/[\p{C}\p{Z}]+/gu, ' ').trim()
  return [...line].slice(0, LONGEST).join('') || null
}

/** As URLs, JSON and HTML write what is no plain letter. */
const ESCAPES = /%[0-9a-f]{2}|\\u[0-9a-f]{4}|\\[bfnrt]|&#?\w+;/gi

/** What no escape and no quote changes. */
function lettersOf(text: string): string {
  return text
    .replace(ESCAPES, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '')
}

/** Every part that tells an echo; the whole of what is shorter. */
function partsOf(letters: string): string[] {
  if (letters.length <= ECHO) return letters === '' ? [] : [letters]
  return Array.from({ length: letters.length - ECHO + 1 }, (_, start) => letters.slice(start, start + ECHO))
}
