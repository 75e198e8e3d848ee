import { z } from 'zod'
import { integer, singleValue } from '../http/arguments.js'
import { refuse } from '../standard/refusal.js'

/** Rows of a list: at most, and by default. */
const MAX_LIMIT = 1000
const DEFAULT_LIMIT = 100

/** EXT-40: how many rows. */
export const limit = integer(1, MAX_LIMIT, 'EXT-40')

/** EXT-40: which part of a list. */
export const cursorAndLimit = { cursor: singleValue, limit }

/** So many rows are asked for. */
export function pageSize(limit: number | undefined): number {
  return limit ?? DEFAULT_LIMIT
}

/** An opaque text that names the row after which a list goes on. */
export function encodeCursor(...row: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(row)).toString('base64url')
}

/** What a cursor names; null: none was given. */
export function parseCursor<Row extends z.ZodType>(
  cursor: string | undefined,
  row: Row,
): z.output<Row> | null {
  if (cursor === undefined) return null
  let read: unknown
  try {
    read = JSON.parse(Buffer.from(cursor.trim(), 'base64url').toString('utf8'))
  } catch {
    read = null
  }
  const parsed = row.safeParse(read)
  return parsed.success ? parsed.data : refuse('EXT-40', 400, 'cursor is not one that this list gave.')
}

/** The number of a service request in a cursor. */
export const number = z.int().min(0)

/** The rows that were asked for, and the last of them if the list goes on; `found` may have one more. */
export function splitPage<Row>(found: readonly Row[], rows: number): { page: Row[]; last: Row | undefined } {
  const page = found.slice(0, rows)
  return { page, last: found.length > rows ? page.at(-1) : undefined }
}
