import { z } from 'zod'
import { encodeCursor } from '../http/cursor.js'
import { listPendingTokensInScope } from '../store/service-requests/tokens.js'
import { cityOperation } from './operation.js'
import { cursorAndLimit, number, pageSize, parseCursor, splitPage } from './paging.js'
import { datetime, nextCursor } from './schemas.js'

/** EXT-44: batch service requests that wait for their ids. */
export const getTokens = cityOperation({
  name: 'GET tokens',
  summary: 'Lists tokens of batch service requests without a service_request_id, oldest first.',
  method: 'GET',
  path: '/tokens',
  scope: 'manage',
  arguments: z.object(cursorAndLimit),
  result: z.object({
    tokens: z.array(
      z
        .object({
          token: z.string(),
          number: z.int().meta({ description: 'Number of the service request.' }),
          service_code: z.string(),
          requested_datetime: datetime,
        })
        .meta({ id: 'Token' }),
    ),
    next: nextCursor,
  }),
  plan: ({ arguments: query, jurisdiction, endpoint }) => ({
    jurisdiction_id: jurisdiction.jurisdiction_id,
    endpoint,
    after: parseCursor(query.cursor, z.tuple([number]))?.[0] ?? 0,
    rows: pageSize(query.limit),
  }),
  query: async (plan, { store }) => {
    const { page, last } = splitPage(
      await listPendingTokensInScope(store, { ...plan, rows: plan.rows + 1 }),
      plan.rows,
    )
    return { value: { tokens: page, next: last ? encodeCursor(last.number) : null } }
  },
})
