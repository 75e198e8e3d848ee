import { z } from 'zod'
import { withDescription } from '../http/argument-docs.js'
import { integer, singleValue } from '../http/arguments.js'
import { decodeCursor } from '../http/cursor.js'
import { refuse } from '../standard/refusal.js'

const MAX_LIMIT = 1000
const DEFAULT_LIMIT = 100

/** EXT-40: page size. */
export const limit = withDescription(
  integer(1, MAX_LIMIT, 'EXT-40'),
  `Maximum number of items. Default: ${DEFAULT_LIMIT}.`,
)

/** EXT-40: arguments of a list that is read in pages. */
export const cursorAndLimit = {
  cursor: withDescription(singleValue, 'Value of next of the previous page. Absent: first page.'),
  limit,
}

export function pageSize(limit: number | undefined): number {
  return limit ?? DEFAULT_LIMIT
}

/** The position that the argument `cursor` encodes; null: absent. */
export function parseCursor<Position extends z.ZodType>(
  cursor: string | undefined,
  position: Position,
): z.output<Position> | null {
  if (cursor === undefined) return null
  return decodeCursor(cursor, position) ?? refuse('EXT-40', 400, 'cursor is not one that this list gave.')
}

/** Number of a service request in a cursor. */
export const number = z.int().min(0)

/** The page, and its last row if more follow. `found` holds one row more than the page where there is one. */
export function splitPage<Row>(found: readonly Row[], rows: number): { page: Row[]; last: Row | undefined } {
  const page = found.slice(0, rows)
  return { page, last: found.length > rows ? page.at(-1) : undefined }
}
