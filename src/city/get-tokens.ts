import { z } from 'zod'
import { encodeCursor } from '../http/cursor.js'
import { toEndpointScope } from '../http/endpoint-scope.js'
import { listPendingTokensInScope } from '../store/service-requests/tokens.js'
import { defineCityOperation } from './operation.js'
import { cursorAndLimit, cursorNumber, parseCursor, resolveLimit, splitPage } from './paging.js'
import { datetime, nextCursor } from './schemas.js'

/** EXT-44: batch service requests without a service_request_id. */
export const getTokens = defineCityOperation({
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
  plan: ({ arguments: args, jurisdiction, endpoint }) => ({
    ...toEndpointScope({ jurisdiction, endpoint }),
    after: parseCursor(args.cursor, z.tuple([cursorNumber]))?.[0] ?? 0,
    rows: resolveLimit(args.limit),
  }),
  query: async (plan, { store }) => {
    const { page, last } = splitPage(
      await listPendingTokensInScope(store, { ...plan, rows: plan.rows + 1 }),
      plan.rows,
    )
    return { value: { tokens: page, next: last ? encodeCursor(last.number) : null } }
  },
})
