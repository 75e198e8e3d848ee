import { z } from 'zod'
import { type Row, toRows } from '../documents/document.js'
import { presentExtendedAttributes } from '../documents/present-extended-attributes.js'
import type { ExtendedServiceRequest } from '../documents/rows.js'
import { serviceRequests } from '../documents/service-requests.js'
import { argumentDocs, withDescription } from '../http/argument-docs.js'
import {
  boolean,
  brokenRule,
  datetime,
  LIST_DOCS,
  oneOf,
  parseArguments,
  searchWords,
  stringList,
  unboundedList,
  verbatimList,
} from '../http/arguments.js'
import type { Arguments } from '../http/request.js'
import type { Jurisdiction } from '../standard/catalog.js'
import { Faults, refuse, truncate } from '../standard/refusal.js'
import { LIST_FORMATS, STATUSES, type Status } from '../standard/terms.js'
import type { Store } from '../store/database/database.js'
import { buildSearchText, type ListPlan } from '../store/list/list-plan.js'
import { countServiceRequests, listServiceRequests } from '../store/list/list-service-requests.js'
import { findCachedServiceRequests } from '../store/list/row-cache.js'
import { type EndpointScope, findServiceRequests } from '../store/service-requests/public-service-requests.js'
import { resolveDateWindow } from './date-window.js'
import { extendedArguments, readExtensions } from './extensions-argument.js'
import { pageArguments, readPage } from './list-page.js'
import { buildNextLink, MAX_POLYGON_LENGTH_IN_URL } from './next-link.js'
import {
  type GeoReportRequest,
  type OperationDependencies,
  type OperationResult,
  operation,
} from './operation.js'
import { readSpatialFilters, spatialArguments } from './spatial-filters.js'

/** GR-LIST-01: so many ids may be asked for at once, whatever the cap of a list is. */
const MAX_IDS = 1000

/** The arguments of a list; a polygon has at most so many characters. */
const filterArguments = (longestPolygon: number) =>
  z.object({
    service_code: withDescription(stringList, 'Service codes, separated by commas.'), // GR-LIST-02
    // GR-LIST-03, A-20: in any case, but nothing else.
    status: stringList
      .transform((said, context) => {
        const known: readonly string[] = STATUSES
        const statuses = [...new Set(said.map((status) => status.toLowerCase()))]
        if (!statuses.every((status) => known.includes(status))) {
          context.addIssue(brokenRule('has to be open, closed or both', 'A-20'))
        }
        return statuses as Status[]
      })
      .register(argumentDocs, {
        ...LIST_DOCS,
        description: 'Statuses, separated by commas.',
        items: { type: 'string', enum: STATUSES },
      }),
    // GR-LIST-04
    start_date: withDescription(
      datetime('start'),
      'Earliest requested_datetime, included. Default: X-List-Max-Days before end_date or now.',
    ),
    end_date: withDescription(
      datetime('end'),
      'Latest requested_datetime, included. Default: X-List-Max-Days after start_date.',
    ),
    // EXT-17: changes; EXT-18: who, how, with what.
    updated_after: withDescription(datetime('start'), 'Earliest updated_datetime, included.'),
    updated_before: withDescription(datetime('end'), 'Latest updated_datetime, included.'),
    detailed_status: withDescription(stringList, 'Detailed status codes, separated by commas.'), // EXT-30
    agency_responsible: withDescription(
      verbatimList,
      'Exact names of agencies. Repeat the argument for several.',
    ),
    channel: withDescription(verbatimList, 'Exact names of channels. Repeat the argument for several.'),
    has_media: withDescription(boolean, 'true: only with media; false: only without.'),
    // EXT-22
    q: withDescription(
      searchWords,
      'Words in description, address or service name; at most 10. All must match as prefixes.',
    ),
    // EXT-14
    count: withDescription(
      oneOf('exact', 'estimated'),
      'Adds the header X-Result-Count. estimated counts up to 10,000 rows.',
    ),
    ...extendedArguments,
    ...spatialArguments(longestPolygon),
    ...pageArguments,
  })

/** EXT-46: with what overrides them all. */
const listArguments = (longestPolygon: number) =>
  filterArguments(longestPolygon).extend({
    service_request_id: withDescription(
      unboundedList,
      'Service request ids, separated by commas, at most 1,000. Overrides all other filters.',
    ),
  })

/** In a body. */
const MAX_POLYGON_LENGTH_IN_BODY = 200_000

/** Rows up to which an estimate counts. */
const MAX_ESTIMATED_COUNT = 10_000

/**
 * GET service requests: by ids, or by service, status and time; newest first (GR-LIST-08, 09, A-14). Without arguments
 * of the extensions it is what the standard says, byte by byte.
 */
export const getServiceRequests = operation({
  name: 'GET service requests',
  method: 'GET',
  path: '/requests',
  summary: 'Lists service requests, newest first.',
  arguments: listArguments(MAX_POLYGON_LENGTH_IN_URL),
  listFormats: LIST_FORMATS,
  document: serviceRequests,
  plan: planList(filterArguments(MAX_POLYGON_LENGTH_IN_URL)),
  query: queryList,
})

/** EXT-12: the same list, for polygons that no address can hold. */
export const searchServiceRequests = operation({
  name: 'POST search',
  method: 'POST',
  path: '/requests/search',
  summary: 'Lists service requests, newest first; accepts polygons that are too long for a URL.',
  arguments: listArguments(MAX_POLYGON_LENGTH_IN_BODY),
  listFormats: LIST_FORMATS,
  document: serviceRequests,
  plan: planList(filterArguments(MAX_POLYGON_LENGTH_IN_BODY)),
  query: queryList,
})

/** A status that the standard knows too. */
const isStandardStatus = (word: string): word is Status => (STATUSES as readonly string[]).includes(word)

interface PlannedRead {
  jurisdiction: Jurisdiction
  isExtended: boolean
}

interface PlannedIds extends PlannedRead, EndpointScope {
  service_request_ids: string[]
}

/** A list, as it is planned: what holds, which part, and what goes with it. */
interface PlannedList extends PlannedRead, ListPlan {
  count: 'exact' | 'estimated' | null
  /** The arguments of this operation as they were said, for the link to the next part. */
  query: readonly (readonly [name: string, value: string])[]
}

function planList(filters: ReturnType<typeof filterArguments>) {
  const names = ['jurisdiction_id', ...Object.keys(filters.shape)]
  return (call: GeoReportRequest): PlannedList | PlannedIds => {
    const { jurisdiction, endpoint } = call
    const place = { jurisdiction_id: jurisdiction.jurisdiction_id, endpoint, jurisdiction }
    // GR-LIST-01: ids override every other filter, broken ones too.
    const ids = call.args.has('service_request_id')
      ? unboundedList.parse(call.args.get('service_request_id'))
      : []
    if (ids.length > MAX_IDS) {
      refuse('A-19', 400, `service_request_id: at most ${MAX_IDS} ids may be given at once.`)
    }
    if (ids.length > 0) return { ...place, service_request_ids: ids, isExtended: readExtensions(call.args) }
    const faults = new Faults()
    const said = parseArguments(filters, call.args, 'GR-LIST-11', faults)
    const where = readSpatialFilters(said, call.args, jurisdiction, faults)
    const words = (said.detailed_status ?? []).map((word) => word.toLowerCase())
    const unknown = words.filter((word) => !jurisdiction.statuses.has(word) && !isStandardStatus(word))
    if (unknown.length > 0)
      faults.add('EXT-30', 400, `detailed_status ${truncate(unknown.join(', '))} is not known here.`)
    const page = readPage(said, call.limits.listRows, where.circle !== null, faults)
    faults.refuse()
    // A crawl and a list of changes have no default window: they are bounded by their pages.
    const isUnbounded =
      page.after !== undefined || said.updated_after !== undefined || said.updated_before !== undefined
    const period = isUnbounded
      ? { start: said.start_date ?? null, end: said.end_date ?? null }
      : resolveDateWindow(said, call)
    // Assigned, not spread, which would cost each call more than all that is read here.
    return Object.assign(place, period, Object.assign(where, page), {
      after: page.after ?? null,
      service_codes: said.service_code ?? [],
      statuses: said.status ?? [],
      detailed_statuses: words.filter((word) => !isStandardStatus(word)),
      plain_statuses: words.filter(isStandardStatus),
      agencies: said.agency_responsible ?? [],
      channels: said.channel ?? [],
      has_media: said.has_media ?? null,
      updated_after: said.updated_after ?? null,
      updated_before: said.updated_before ?? null,
      searchText: said.q ? buildSearchText(said.q) : null,
      count: said.count ?? null,
      isExtended: said.extensions ?? false,
      query: pickQuery(call.args, names),
    })
  }
}

async function queryList(
  plan: PlannedList | PlannedIds,
  { store }: Pick<OperationDependencies, 'store'>,
): Promise<OperationResult> {
  const extended = (row: Row) => presentExtendedAttributes(row as ExtendedServiceRequest, plan.jurisdiction)
  if ('service_request_ids' in plan) {
    const known = plan.isExtended ? null : await findCachedServiceRequests(store, plan)
    if (known) return { value: known }
    const found = await findServiceRequests(store, plan)
    return { value: plan.isExtended ? found.map(extended) : found }
  }
  const { table, hasMore } = await listServiceRequests(store, plan)
  const link = hasMore ? { link: buildNextLink(table, plan) } : {}
  return {
    value: plan.isExtended ? toRows(table).map(extended) : table,
    headers: { ...link, ...(await countHeader(plan, store)) },
  }
}

function pickQuery(said: Arguments, names: readonly string[]): PlannedList['query'] {
  const given = names.filter((name) => said.has(name))
  return given.flatMap((name) => said.get(name)!.map((value) => [name, value] as const))
}

/** EXT-14; an estimate never looks at more than so many rows, and knows no row that is not public. */
async function countHeader(plan: PlannedList, store: Store): Promise<Record<string, string>> {
  if (plan.count === null) return {}
  const most = plan.count === 'exact' ? null : MAX_ESTIMATED_COUNT + 1
  const count = await countServiceRequests(store, plan, most)
  return { 'x-result-count': count === most ? `${MAX_ESTIMATED_COUNT}+` : String(count) }
}
