import { z } from 'zod'
import { argumentDocs, withDescription } from '../http/argument-docs.js'
import { brokenRule, LIST_DOCS, oneOf, stringList, text, verbatimList } from '../http/arguments.js'
import { encodeCursor } from '../http/cursor.js'
import { parseDatetime } from '../standard/datetime.js'
import { STATUSES, VISIBILITIES } from '../standard/terms.js'
import { listFullServiceRequests } from '../store/service-requests/list-full-service-requests.js'
import { cityOperation } from './operation.js'
import { cursorAndLimit, number, pageSize, parseCursor, splitPage } from './paging.js'
import { presentServiceRequest } from './present.js'
import { nextCursor, serviceRequest } from './schemas.js'

const listOf = <Word extends string>(known: readonly Word[]) =>
  stringList
    .transform((given, context) => {
      if (!given.every((word) => (known as readonly string[]).includes(word)))
        context.addIssue(brokenRule(`has to be of ${known.join(', ')}`, 'EXT-41'))
      return given as Word[]
    })
    .register(argumentDocs, { ...LIST_DOCS, items: { type: 'string', enum: known } })

const position = z.tuple([
  z.enum(['asc', 'desc']),
  z.string().refine((at) => parseDatetime(at, { edge: 'start' }) !== null),
  number,
])

/** EXT-41: service requests of any visibility, such as those that wait to be approved. */
export const getServiceRequests = cityOperation({
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
  plan: ({ arguments: query, jurisdiction, endpoint }) => {
    const direction = query.sort === 'requested_datetime' ? ('asc' as const) : ('desc' as const)
    const after = parseCursor(
      query.cursor,
      position.refine(([order]) => order === direction),
    )
    return {
      jurisdiction,
      jurisdiction_id: jurisdiction.jurisdiction_id,
      endpoint,
      visibilities: query.visibility ?? [],
      statuses: query.status ?? [],
      detailed_statuses: query.detailed_status ?? [],
      service_codes: query.service_code ?? [],
      agencies: query.agency_responsible ?? [],
      email: query.email ?? null,
      direction,
      after: after && { at: after[1], number: after[2] },
      rows: pageSize(query.limit),
    }
  },
  query: async ({ jurisdiction, ...plan }, { store }) => {
    const found = await listFullServiceRequests(store, { ...plan, rows: plan.rows + 1 })
    const { page, last } = splitPage(found, plan.rows)
    return {
      value: {
        service_requests: page.map((each) => presentServiceRequest(each, jurisdiction)),
        next: last ? encodeCursor(plan.direction, last.requested_datetime, last.number) : null,
      },
    }
  },
})
