import { z } from 'zod'
import { argumentDocs, withDescription } from '../http/argument-docs.js'
import { brokenRule, integer, singleValue } from '../http/arguments.js'
import { decodeCursor, encodeCursor } from '../http/cursor.js'
import { type Datetime, parseDatetime } from '../standard/datetime.js'
import { type Faults, refuse } from '../standard/refusal.js'
import { stripIllegalCharacters } from '../standard/text.js'

/** What a list is ordered by; ties by arrival. */
export interface Order {
  by: 'requested_datetime' | 'updated_datetime' | 'distance'
  direction: 'asc' | 'desc'
}

/** The row after which a list goes on: its datetime and id. */
export interface Position {
  at: Datetime
  service_request_id: string
}

/** Which part of a list is asked for. */
export interface Page {
  order: Order
  rows: number
  skip: number
  /** A crawl by cursor: from its beginning (null) or after a row. Undefined: no crawl. */
  after: Position | null | undefined
}

/** EXT-15: what may be sorted by, and other names for it. */
const SORTS: Readonly<Record<string, Order['by']>> = {
  requested_datetime: 'requested_datetime',
  created: 'requested_datetime',
  updated_datetime: 'updated_datetime',
  updated: 'updated_datetime',
  distance: 'distance',
}

const FIRST_CURSOR = 'first'

/** Rows that may be skipped: each of them has to be passed by. */
const MAX_OFFSET = 100_000

const boundedInteger = (most: number) => integer(0, most, 'EXT-14')

export const pageArguments = {
  page: withDescription(boundedInteger(1_000_000), 'Page number, from 1. Default: 1.'),
  page_size: withDescription(
    boundedInteger(10_000),
    'Service requests per page. Maximum and default: the header X-List-Max-Rows.',
  ),
  per_page: withDescription(boundedInteger(10_000), 'Same as page_size.'),
  limit: withDescription(boundedInteger(10_000), 'Same as page_size.'),
  offset: withDescription(
    boundedInteger(10_000_000),
    `Service requests to skip, instead of page; at most ${MAX_OFFSET}.`,
  ),
  cursor: withDescription(singleValue, `${FIRST_CURSOR} starts a crawl; then the cursor of the Link header.`),
  sort: singleValue
    .transform((given, context): Order | undefined => {
      if (given === undefined) return undefined
      const name = given.trim().replace(/^[-+]/, '')
      const by = Object.hasOwn(SORTS, name) ? SORTS[name] : undefined
      if (by) return { by, direction: given.trim().startsWith('-') ? 'desc' : 'asc' }
      const names = ['requested_datetime', 'updated_datetime', 'distance'].join(', ')
      context.addIssue(brokenRule(`is none of ${names}, with - for the largest first`, 'EXT-15'))
      return undefined
    })
    .register(argumentDocs, {
      type: 'string',
      description:
        'Sort order; - means descending. distance requires lat, long and radius. Default: -requested_datetime.',
      enum: Object.keys(SORTS).flatMap((name) => [name, `-${name}`]),
    }),
}

const shape = z.object(pageArguments)

/** Puts the arguments together. `most` rows are given at once, and by default. */
export function readPage(
  read: Partial<z.output<typeof shape>>,
  most: number,
  isNear: boolean,
  faults: Faults,
): Page {
  const { page, page_size, per_page, limit, offset, cursor } = read
  const order: Order = read.sort ?? { by: 'requested_datetime', direction: 'desc' }
  const rows = page_size ?? per_page ?? limit ?? most
  if (rows > most) faults.add('EXT-14', 400, `page_size is at most ${most}.`)
  if (order.by === 'distance' && !isNear)
    faults.add('EXT-15', 400, 'sort by distance needs lat, long and radius.')
  if (cursor !== undefined && (page !== undefined || offset !== undefined || order.by === 'distance')) {
    faults.add('EXT-16', 400, 'cursor cannot be used with page, offset or sort by distance.')
  }
  const skip = offset ?? (Math.max(page ?? 1, 1) - 1) * rows
  if (skip > MAX_OFFSET)
    faults.add('EXT-14', 400, `page and offset lead to at most ${MAX_OFFSET} rows; cursor leads further.`)
  if (rows === 0) faults.add('EXT-14', 400, 'page_size has to be at least 1.')
  return {
    order,
    rows,
    skip,
    after: cursor === undefined ? undefined : parseListCursor(cursor.trim(), order),
  }
}

/** EXT-16: the cursor of a row: the order of the list, and the datetime and id of the row. */
export function encodeListCursor({ at, service_request_id }: Position, { by, direction }: Order): string {
  return encodeCursor(by, direction, at, service_request_id)
}

/** Null: from the beginning. Refuses a cursor of another list or order. */
function parseListCursor(cursor: string, { by, direction }: Order): Position | null {
  if (cursor === FIRST_CURSOR) return null
  const [, , datetime, id] =
    decodeCursor(cursor, z.tuple([z.literal(by), z.literal(direction), z.string(), z.string()])) ?? []
  const at = datetime === undefined ? null : parseDatetime(datetime, { edge: 'start' })
  if (at && id !== undefined && stripIllegalCharacters(id) === id) return { at, service_request_id: id }
  return refuse(
    'EXT-16',
    400,
    `cursor is not one that this list gave; a crawl begins with cursor=${FIRST_CURSOR}.`,
  )
}
