import { z } from 'zod'
import { withDescription } from '../http/argument-docs.js'
import { integer, singleValue } from '../http/arguments.js'
import { decodeCursor } from '../http/cursor.js'
import { refuse } from '../standard/refusal.js'

const MAX_LIMIT = 1000
const DEFAULT_LIMIT = 100

/** EXT-40: the argument `limit`. */
export const limit = withDescription(
  integer(1, MAX_LIMIT, 'EXT-40'),
  `Maximum number of items. Default: ${DEFAULT_LIMIT}.`,
)

/** EXT-40: arguments of a list with pages. */
export const cursorAndLimit = {
  cursor: withDescription(singleValue, 'Value of next of the previous page. Absent: first page.'),
  limit,
}

/** Returns the page size: the argument `limit` or its default. */
export function resolveLimit(limit: number | undefined): number {
  return limit ?? DEFAULT_LIMIT
}

/** Decodes the argument `cursor` by the schema `position`; null: absent. Refuses an invalid one. */
export function parseCursor<Position extends z.ZodType>(
  cursor: string | undefined,
  position: Position,
): z.output<Position> | null {
  if (cursor === undefined) return null
  return decodeCursor(cursor, position) ?? refuse('EXT-40', 400, 'cursor is not one that this list gave.')
}

/** Schema of the number of a service request in a cursor. */
export const cursorNumber = z.int().min(0)

/**
 * Splits off the page of `limit` rows. `last` is its last row if more rows follow: the query reads one
 * row more than the page to find out.
 */
export function splitPage<Row>(rows: readonly Row[], limit: number): { page: Row[]; last: Row | undefined } {
  const page = rows.slice(0, limit)
  return { page, last: rows.length > limit ? page.at(-1) : undefined }
}
