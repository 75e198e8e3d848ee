import { z } from 'zod'
import { argumentDocs, withDescription } from '../http/argument-docs.js'
import { brokenRule, LIST_DOCS, oneOf, stringList, text, verbatimList } from '../http/arguments.js'
import { encodeCursor } from '../http/cursor.js'
import { toEndpointScope } from '../http/endpoint-scope.js'
import { parseDatetime } from '../standard/datetime.js'
import { STATUSES, VISIBILITIES } from '../standard/terms.js'
import { listFullServiceRequests } from '../store/service-requests/list-full-service-requests.js'
import { defineCityOperation } from './operation.js'
import { cursorAndLimit, cursorNumber, parseCursor, resolveLimit, splitPage } from './paging.js'
import { presentServiceRequest } from './present.js'
import { nextCursor, serviceRequest } from './schemas.js'

const listOf = <Word extends string>(options: readonly Word[]) =>
  stringList
    .transform((words, context) => {
      if (!words.every((word) => (options as readonly string[]).includes(word)))
        context.addIssue(brokenRule(`has to be of ${options.join(', ')}`, 'EXT-41'))
      return words as Word[]
    })
    .register(argumentDocs, { ...LIST_DOCS, items: { type: 'string', enum: options } })

/** Direction of the list, and requested_datetime and number of the last row of a page. */
const position = z.tuple([
  z.enum(['asc', 'desc']),
  z.string().refine((at) => parseDatetime(at, { edge: 'start' }) !== null),
  cursorNumber,
])

/** EXT-41: service requests of any visibility, for example for moderation. */
export const getServiceRequests = defineCityOperation({
  name: 'GET whole service requests',
  summary:
    'Lists service requests of any visibility, newest first, for example for moderation or by reporter.',
  method: 'GET',
  path: '/requests',
  scope: 'read_private',
  arguments: z.object({
    visibility: listOf(VISIBILITIES),
    status: listOf(STATUSES),
    detailed_status: withDescription(stringList, 'Detailed status codes, separated by commas.'),
    service_code: withDescription(stringList, 'Service codes, separated by commas.'),
    agency_responsible: withDescription(
      verbatimList,
      'Exact names of agencies. Repeat the argument for several.',
    ),
    email: withDescription(text(1000), 'Email address of the reporter.'),
    sort: withDescription(
      oneOf('requested_datetime', '-requested_datetime'),
      'Sort order. Default: -requested_datetime, newest first.',
    ),
    ...cursorAndLimit,
  }),
  result: z.object({ service_requests: z.array(serviceRequest), next: nextCursor }),
  plan: ({ arguments: args, jurisdiction, endpoint }) => {
    const direction = args.sort === 'requested_datetime' ? ('asc' as const) : ('desc' as const)
    const after = parseCursor(
      args.cursor,
      position.refine(([order]) => order === direction),
    )
    return {
      jurisdiction,
      ...toEndpointScope({ jurisdiction, endpoint }),
      visibilities: args.visibility ?? [],
      statuses: args.status ?? [],
      detailed_statuses: args.detailed_status ?? [],
      service_codes: args.service_code ?? [],
      agencies: args.agency_responsible ?? [],
      email: args.email ?? null,
      direction,
      after: after && { at: after[1], number: after[2] },
      rows: resolveLimit(args.limit),
    }
  },
  query: async ({ jurisdiction, ...plan }, { store }) => {
    const rows = await listFullServiceRequests(store, { ...plan, rows: plan.rows + 1 })
    const { page, last } = splitPage(rows, plan.rows)
    return {
      value: {
        service_requests: page.map((row) => presentServiceRequest(row, jurisdiction)),
        next: last ? encodeCursor(plan.direction, last.requested_datetime, last.number) : null,
      },
    }
  },
})
