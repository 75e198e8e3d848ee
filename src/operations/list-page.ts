import { z } from 'zod'
import { argumentDocs, withDescription } from '../http/argument-docs.js'
import { brokenRule, integer, singleValue } from '../http/arguments.js'
import { decodeCursor, encodeCursor } from '../http/cursor.js'
import { type Datetime, parseDatetime } from '../standard/datetime.js'
import { type Faults, refuse } from '../standard/refusal.js'
import { stripIllegalCharacters } from '../standard/text.js'

/** Sort order of a list; ties in order of arrival. */
export interface Order {
  by: 'requested_datetime' | 'updated_datetime' | 'distance'
  direction: 'asc' | 'desc'
}

/** Position in a list by time: the row before the page. */
export interface Position {
  at: Datetime
  service_request_id: string
}

export interface Page {
  order: Order
  rows: number
  skip: number
  /** Position in a crawl; null: at its start. Undefined: no crawl. */
  after: Position | null | undefined
}

/** EXT-15: names of sort orders, with aliases. */
const SORTS: Readonly<Record<string, Order['by']>> = {
  requested_datetime: 'requested_datetime',
  created: 'requested_datetime',
  updated_datetime: 'updated_datetime',
  updated: 'updated_datetime',
  distance: 'distance',
}

const FIRST_CURSOR = 'first'

/** The database reads every skipped row. */
const MAX_OFFSET = 100_000

const boundedInteger = (max: number) => integer(0, max, 'EXT-14')

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
    .transform((value, context): Order | undefined => {
      if (value === undefined) return undefined
      const name = value.trim().replace(/^[-+]/, '')
      const by = Object.hasOwn(SORTS, name) ? SORTS[name] : undefined
      if (by) return { by, direction: value.trim().startsWith('-') ? 'desc' : 'asc' }
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

const schema = z.object(pageArguments)

/** Combines the arguments of order and page. `maxRows` is the maximum and the default of the page size. */
export function readPage(
  args: Partial<z.output<typeof schema>>,
  maxRows: number,
  hasCircle: boolean,
  faults: Faults,
): Page {
  const { page, page_size, per_page, limit, offset, cursor } = args
  const order: Order = args.sort ?? { by: 'requested_datetime', direction: 'desc' }
  const rows = page_size ?? per_page ?? limit ?? maxRows
  if (rows > maxRows) faults.add('EXT-14', 400, `page_size is at most ${maxRows}.`)
  if (order.by === 'distance' && !hasCircle)
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

/** EXT-16: encodes the order of the list, and the datetime and id of the last row of a page. */
export function encodeListCursor({ at, service_request_id }: Position, { by, direction }: Order): string {
  return encodeCursor(by, direction, at, service_request_id)
}

/** Decodes a cursor; null: the start of the list. Refuses a cursor of another list or order. */
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
