import { z } from 'zod'
import type { Row } from '../documents/document.js'
import { serviceRequests } from '../documents/service-requests.js'
import type { Arguments } from '../door.js'
import { addDays, type Datetime, daysBetween } from '../standard/datetime.js'
import { Faults, refuse } from '../standard/refusal.js'
import { STATUSES, type Status } from '../standard/terms.js'
import type { Store } from '../store/database.js'
import { countServiceRequests, type ListedRow, type ListPlan, listServiceRequests } from '../store/list.js'
import { findServiceRequests, type Place } from '../store/service-requests.js'
import { datetime, oneWord, read, values, verbatim, yesNo } from './arguments.js'
import { type Call, operation } from './operation.js'
import { cursorAfter, pageArguments, pageOf } from './paging.js'
import { whereArguments, whereOf } from './where.js'

/** GR-LIST-01: so many ids may be asked for at once, whatever the cap of a list is. */
const MOST_IDS = 1000

const filters = z.object({
  service_code: values, // GR-LIST-02
  // GR-LIST-03, A-20: in any case, but nothing else.
  status: values.transform((said, context) => {
    const known: readonly string[] = STATUSES
    const statuses = [...new Set(said.map((status) => status.toLowerCase()))]
    if (!statuses.every((status) => known.includes(status))) {
      context.addIssue({
        code: 'custom',
        message: 'has to be open, closed or both',
        params: { rule: 'A-20' },
      })
    }
    return statuses as Status[]
  }),
  start_date: datetime('start'), // GR-LIST-04
  end_date: datetime('end'),
  // EXT-17: changes; EXT-18: who, how, with what.
  updated_after: datetime('start'),
  updated_before: datetime('end'),
  agency_responsible: verbatim,
  channel: verbatim,
  has_media: yesNo,
  count: oneWord('exact'), // EXT-14
  extensions: yesNo,
  ...whereArguments,
  ...pageArguments,
})

/**
 * GET service requests: by ids, or by service, status and time; newest first (GR-LIST-08, 09, A-14). Without arguments
 * of the extensions it is what the standard says, byte by byte.
 */
export const getServiceRequests = operation({
  name: 'GET service requests',
  method: 'GET',
  path: '/requests',
  isList: true,
  document: serviceRequests,
  plan: (call): PlannedList | (Place & { service_request_ids: string[] }) => {
    const place = { jurisdiction_id: call.jurisdiction.jurisdiction_id, endpoint: call.endpoint }
    // GR-LIST-01: ids override every other filter, broken ones too.
    const ids = values.parse(call.said.get('service_request_id'))
    if (ids.length > MOST_IDS) {
      refuse('A-19', 400, `service_request_id: at most ${MOST_IDS} ids may be given at once.`)
    }
    if (ids.length > 0) return { ...place, service_request_ids: ids }
    const faults = new Faults()
    const said = read(filters, call.said, 'GR-LIST-11', faults)
    const where = whereOf(said, call.said, faults)
    const page = pageOf(said, call.limits.listRows, where.near !== null, faults)
    faults.refuse()
    // A crawl and a list of changes have no default window: they are bounded by their pages.
    const isUnbounded =
      page.after !== undefined || said.updated_after !== undefined || said.updated_before !== undefined
    return {
      ...place,
      ...(isUnbounded
        ? { start: said.start_date ?? null, end: said.end_date ?? null }
        : periodOf(said, call)),
      ...where,
      ...page,
      after: page.after ?? null,
      service_codes: said.service_code ?? [],
      statuses: said.status ?? [],
      agencies: said.agency_responsible ?? [],
      channels: said.channel ?? [],
      has_media: said.has_media ?? null,
      updated_after: said.updated_after ?? null,
      updated_before: said.updated_before ?? null,
      count: said.count ?? null,
      isExtended: said.extensions ?? false,
      query: queryOf(call.said),
    }
  },
  answer: async (plan, store) => {
    if ('service_request_ids' in plan) return { value: await findServiceRequests(store, plan) }
    // One more than asked for tells whether the list goes on.
    const found = await listServiceRequests(store, { ...plan, rows: plan.rows + 1 })
    const listed = found.slice(0, plan.rows)
    const goesOn = found.length > plan.rows
    const headers = { ...(goesOn ? linkAfter(listed, plan) : {}), ...(await countHeader(plan, store)) }
    return { value: plan.isExtended ? listed.map(extend) : listed, headers }
  },
})

/** A list, as it is planned: what holds, which part, and what goes with it. */
interface PlannedList extends ListPlan {
  count: 'exact' | null
  /** The arguments of this operation as they were said, for the link to the next part. */
  query: readonly (readonly [name: string, value: string])[]
}

/** What the link to the next part says in its own way. */
const NOT_IN_A_LINK: ReadonlySet<string> = new Set(['page', 'offset', 'cursor', 'start_date', 'end_date'])

function queryOf(said: Arguments): PlannedList['query'] {
  const names = ['jurisdiction_id', ...Object.keys(filters.shape)].filter((name) => !NOT_IN_A_LINK.has(name))
  return names.flatMap((name) => (said.get(name) ?? []).map((value) => [name, value] as const))
}

/** RFC 8288, relative to the address of the call: the next part of the list (EXT-14, EXT-16, A-56). */
function linkAfter(listed: readonly ListedRow[], plan: PlannedList): Record<string, string> {
  const { order, start, end, skip, rows } = plan
  const last = listed.at(-1)!
  const next = new URLSearchParams(plan.query.map(([name, value]) => [name, value]))
  if (start) next.set('start_date', start)
  if (end) next.set('end_date', end)
  // What has no cursor goes on by rows.
  const at =
    order.by === 'distance' || (order.by === 'updated_datetime' && order.direction === 'desc')
      ? null
      : last[order.by]
  if (at === null) next.set('offset', String(skip + rows))
  else next.set('cursor', cursorAfter({ at, service_request_id: last.service_request_id }, order))
  return { link: `<?${next}>; rel="next"` }
}

async function countHeader(plan: PlannedList, store: Store): Promise<Record<string, string>> {
  if (plan.count === null) return {}
  return { 'x-result-count': String(await countServiceRequests(store, plan)) }
}

/** EXT-19: the members that extensions=true adds. */
function extend(row: ListedRow): Row {
  const { closed_datetime, channel, distance, areas, media_urls } = row
  return {
    ...row,
    extended_attributes: { closed_datetime, channel, distance, areas: areas ?? [], media_urls },
  }
}

/** The time asked for: at most so many days (GR-LIST-05), the most recent ones by default (GR-LIST-06, A-15). */
function periodOf(
  {
    start_date: start,
    end_date: end,
  }: { start_date?: Datetime | undefined; end_date?: Datetime | undefined },
  { said, now, limits }: Pick<Call, 'said' | 'now' | 'limits'>,
): { start: Datetime; end: Datetime | null } {
  if (start && end) {
    if (start > end) refuse('A-16', 400, 'start_date is later than end_date.')
    // A last day that is named by its date alone is in the list with all its seconds.
    const isWholeDay = /^\s*\d{4}-\d\d-\d\d\s*$/.test(said.get('end_date')![0]!)
    const days = daysBetween(start, end)
    if ((isWholeDay ? Math.floor(days) : days) > limits.listDays) {
      refuse('GR-LIST-05', 400, `start_date and end_date may be at most ${limits.listDays} days apart.`)
    }
    return { start, end }
  }
  if (start) return { start, end: addDays(start, limits.listDays) }
  if (end) return { start: addDays(end, -limits.listDays), end }
  return { start: addDays(now, -limits.listDays), end: null }
}
