import { z } from 'zod'
import { listPendingTokensAt } from '../store/service-requests/tokens.js'
import { cityOperation } from './operation.js'
import { cursorAndLimit, cursorOf, cutToRows, number, readCursor, rowsOf } from './paging.js'
import { datetime, nextCursor } from './schemas.js'

/** EXT-44: batch service requests that wait for their ids. */
export const getTokens = cityOperation({
  name: 'GET tokens',
  summary: 'Tokens of batch service requests that have no id yet, the oldest first.',
  method: 'GET',
  path: '/tokens',
  scope: 'manage',
  query: z.object(cursorAndLimit),
  value: z.object({
    tokens: z.array(
      z
        .object({
          token: z.string(),
          number: z.int().meta({ description: 'of the service request' }),
          service_code: z.string(),
          requested_datetime: datetime,
        })
        .meta({ id: 'Token' }),
    ),
    next: nextCursor,
  }),
  plan: ({ query, jurisdiction, endpoint }) => ({
    jurisdiction_id: jurisdiction.jurisdiction_id,
    endpoint,
    after: readCursor(query.cursor, z.tuple([number]))?.[0] ?? 0,
    rows: rowsOf(query.limit),
  }),
  answer: async (plan, { store }) => {
    const { page, last } = cutToRows(
      await listPendingTokensAt(store, { ...plan, rows: plan.rows + 1 }),
      plan.rows,
    )
    return { value: { tokens: page, next: last ? cursorOf(last.number) : null } }
  },
})
