import { z } from 'zod'
import { saidAs } from '../http/argument-docs.js'
import { broken, LIST, oneWord, someValues, text, verbatim } from '../http/arguments.js'
import { parseDatetime } from '../standard/datetime.js'
import { STATUSES, VISIBILITIES } from '../standard/terms.js'
import { listWholeServiceRequests } from '../store/service-requests/list-full-service-requests.js'
import { cityOperation } from './operation.js'
import { cursorAndLimit, cursorOf, cutToRows, number, readCursor, rowsOf } from './paging.js'
import { wholeOf } from './present.js'
import { nextCursor, serviceRequest } from './schemas.js'

const someOf = <Word extends string>(known: readonly Word[]) =>
  someValues
    .transform((given, context) => {
      if (!given.every((word) => (known as readonly string[]).includes(word)))
        context.addIssue(broken(`has to be of ${known.join(', ')}`, 'EXT-41'))
      return given as Word[]
    })
    .register(saidAs, { ...LIST, items: { type: 'string', enum: known } })

const position = z.tuple([
  z.enum(['asc', 'desc']),
  z.string().refine((at) => parseDatetime(at, { edge: 'start' }) !== null),
  number,
])

/** EXT-41: service requests of any visibility, such as those that wait to be approved. */
export const getServiceRequests = cityOperation({
  name: 'GET whole service requests',
  summary:
    'Service requests of any visibility, the newest first: for moderation, and to find those of a person.',
  method: 'GET',
  path: '/requests',
  scope: 'read_private',
  query: z.object({
    visibility: someOf(VISIBILITIES),
    status: someOf(STATUSES),
    detailed_status: someValues,
    service_code: someValues,
    agency_responsible: verbatim,
    email: text(1000),
    sort: oneWord('requested_datetime', '-requested_datetime'),
    ...cursorAndLimit,
  }),
  value: z.object({ service_requests: z.array(serviceRequest), next: nextCursor }),
  plan: ({ query, jurisdiction, endpoint }) => {
    const direction = query.sort === 'requested_datetime' ? ('asc' as const) : ('desc' as const)
    const after = readCursor(
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
      rows: rowsOf(query.limit),
    }
  },
  answer: async ({ jurisdiction, ...plan }, { store }) => {
    const found = await listWholeServiceRequests(store, { ...plan, rows: plan.rows + 1 })
    const { page, last } = cutToRows(found, plan.rows)
    return {
      value: {
        service_requests: page.map((each) => wholeOf(each, jurisdiction)),
        next: last ? cursorOf(plan.direction, last.requested_datetime, last.number) : null,
      },
    }
  },
})
