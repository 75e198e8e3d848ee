import { type Row, type Table, toRows } from '../documents/document.js'
import type { ArgumentPair } from '../http/form.js'
import type { Datetime } from '../standard/datetime.js'
import type { ListPlan } from '../store/list/list-plan.js'
import { encodeListCursor, type Position } from './list-page.js'

/** Arguments that the link sets itself. */
const REPLACED_ARGUMENTS: ReadonlySet<string> = new Set([
  'page',
  'offset',
  'cursor',
  'start_date',
  'end_date',
])

/**
 * Characters of a polygon in a URL: the link to the next page repeats it, and has to fit into a header.
 * A longer one is in the request body, which the client sends again with the link.
 */
export const MAX_POLYGON_LENGTH_IN_URL = 4000

/**
 * Builds the `Link` to the page after the rows of a table (EXT-14, EXT-16, A-56), relative to the URL
 * of the request (RFC 8288). `query` has the arguments of the request.
 */
export function buildNextLink(
  { columns, rows: listed }: Table,
  { order, start, end, skip, rows, query }: ListPlan & { query: readonly ArgumentPair[] },
): string {
  const isInBody = ([name, value]: ArgumentPair) =>
    name === 'polygon' && value.trim().length > MAX_POLYGON_LENGTH_IN_URL
  const repeated = query.filter((pair) => !REPLACED_ARGUMENTS.has(pair[0]) && !isInBody(pair))
  const next = new URLSearchParams(repeated.map(([name, value]) => [name, value]))
  if (start) next.set('start_date', start)
  if (end) next.set('end_date', end)
  if (order.by === 'distance') {
    next.set('offset', String(skip + rows))
  } else {
    const [last] = toRows({ columns, rows: listed.slice(-1) }) as [
      Row & Pick<Position, 'service_request_id'> & Record<typeof order.by, Datetime>,
    ]
    const position = { at: last[order.by], service_request_id: last.service_request_id }
    next.set('cursor', encodeListCursor(position, order))
  }
  return `<?${next}>; rel="next"`
}
