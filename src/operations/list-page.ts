import { z } from 'zod'
import { argumentDocs, withDescription } from '../http/argument-docs.js'
import { brokenRule, integer, singleValue } from '../http/arguments.js'
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
  page: boundedInteger(1_000_000),
  page_size: boundedInteger(10_000),
  per_page: boundedInteger(10_000),
  limit: boundedInteger(10_000),
  offset: boundedInteger(10_000_000),
  cursor: withDescription(singleValue, `${FIRST_CURSOR}, and from then on what the link says`),
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
  if (cursor !== undefined && order.by === 'updated_datetime' && order.direction === 'desc') {
    faults.add(
      'EXT-16',
      400,
      'cursor cannot be used with sort=-updated_datetime: what changes meanwhile would be missed.',
    )
  }
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

/** EXT-16: an opaque text that names the row after which to go on, and the order it was met in. */
export function encodeListCursor({ at, service_request_id }: Position, { by, direction }: Order): string {
  return Buffer.from(JSON.stringify([by, direction, at, service_request_id])).toString('base64url')
}

function parseListCursor(cursor: string, order: Order): Position | null {
  if (cursor === FIRST_CURSOR) return null
  let read: unknown
  try {
    read = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    read = null
  }
  const position = z
    .tuple([z.literal(order.by), z.literal(order.direction), z.string(), z.string()])
    .safeParse(read)
  const at = position.success ? parseDatetime(position.data[2], { edge: 'start' }) : null
  const isLegal = position.success && stripIllegalCharacters(position.data[3]) === position.data[3]
  if (isLegal && at) return { at, service_request_id: position.data[3] }
  return refuse(
    'EXT-16',
    400,
    `cursor is not one that this list gave; a crawl begins with cursor=${FIRST_CURSOR}.`,
  )
}
