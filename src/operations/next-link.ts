import { type Row, type Table, toRows } from '../documents/document.js'
import type { Datetime } from '../standard/datetime.js'
import type { ListPlan } from '../store/list/list-plan.js'
import { encodeListCursor, type Position } from './list-page.js'

/** What the link says in its own way. */
const REPLACED_ARGUMENTS: ReadonlySet<string> = new Set([
  'page',
  'offset',
  'cursor',
  'start_date',
  'end_date',
])

/**
 * Characters of a polygon in an address: so that the link to the next part, which repeats it, fits into a header. A
 * longer one is in a body, which is sent with the link again.
 */
export const MAX_POLYGON_LENGTH_IN_URL = 4000

/**
 * RFC 8288, relative to the address of the call: the part of the list after the rows of a table (EXT-14, EXT-16, A-56).
 * `query` is what was said.
 */
export function buildNextLink(
  { columns, rows: listed }: Table,
  {
    order,
    start,
    end,
    skip,
    rows,
    query,
  }: ListPlan & { query: readonly (readonly [name: string, value: string])[] },
): string {
  const [last] = toRows({ columns, rows: listed.slice(-1) }) as [
    Row & Pick<Position, 'service_request_id'> & Record<'requested_datetime' | 'updated_datetime', Datetime>,
  ]
  const isSentAgain = (name: string, value: string) =>
    name === 'polygon' && value.trim().length > MAX_POLYGON_LENGTH_IN_URL
  const said = query.filter(([name, value]) => !REPLACED_ARGUMENTS.has(name) && !isSentAgain(name, value))
  const next = new URLSearchParams(said.map(([name, value]) => [name, value]))
  if (start) next.set('start_date', start)
  if (end) next.set('end_date', end)
  // Distances have no cursor.
  if (order.by === 'distance') next.set('offset', String(skip + rows))
  else
    next.set(
      'cursor',
      encodeListCursor({ at: last[order.by], service_request_id: last.service_request_id }, order),
    )
  return `<?${next}>; rel="next"`
}
