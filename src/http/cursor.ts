import type { z } from 'zod'

/** Encodes the position of a row as an opaque cursor: base64url of a JSON array. */
export function encodeCursor(...position: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url')
}

/** Decodes a cursor of `encodeCursor`; null if it is none, or not of this list. */
export function decodeCursor<Position extends z.ZodType>(
  cursor: string,
  position: Position,
): z.output<Position> | null {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(cursor.trim(), 'base64url').toString('utf8'))
    return position.safeParse(decoded).data ?? null
  } catch {
    return null
  }
}
