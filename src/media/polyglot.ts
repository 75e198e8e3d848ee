import { setImmediate } from 'node:timers/promises'

/**
 * Marks by which other programs find their own kind of file inside or behind a picture. What phones put there (a second
 * picture, a film, notes of theirs) has none of them. All are long enough never to occur by chance.
 */
const SIGNATURES: readonly [what: string, mark: string][] = [
  ['a ZIP archive', 'PK\\x03\\x04[\\x0a\\x14\\x2d]\\0|PK\\x05\\x06\\0\\0\\0\\0'],
  ['a RAR archive', 'Rar!\\x1a\\x07'],
  ['a 7z archive', '7z\\xbc\\xaf\\x27\\x1c'],
  ['a PDF document', '%PDF-\\d'],
  ['a program', '<\\?php|__HALT_COMPILER'],
  ['a page', '<script|<html|<!doctype html'],
]
const ANY_SIGNATURE = new RegExp(SIGNATURES.map(([, mark]) => `(${mark})`).join('|'), 'i')

/** Bytes looked at before others have their turn; and by which two such pieces overlap. */
const CHUNK_BYTES = 262_144
const OVERLAP_BYTES = 32

/** What a picture is besides; null: nothing. Cleaning takes it away, but who sends such a file means no picture. */
export async function detectPolyglot(bytes: Buffer): Promise<string | null> {
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    const found = ANY_SIGNATURE.exec(bytes.toString('latin1', start, start + CHUNK_BYTES + OVERLAP_BYTES))
    if (found) return SIGNATURES[found.slice(1).findIndex((mark) => mark !== undefined)]![0]
    await setImmediate()
  }
  return null
}
