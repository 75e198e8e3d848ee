import { parseArguments, unboundedList } from '../http/arguments.js'
import { toEndpointScope } from '../http/endpoint-scope.js'
import type { ArgumentPair } from '../http/form.js'
import type { Arguments } from '../http/request.js'
import type { Jurisdiction } from '../standard/catalog.js'
import { Faults, refuse, truncate } from '../standard/refusal.js'
import { STATUSES, type Status } from '../standard/terms.js'
import { buildSearchText, type ListPlan } from '../store/list/list-plan.js'
import type { EndpointScope } from '../store/service-requests/public-service-requests.js'
import { resolveDateWindow } from './date-window.js'
import { readExtensions } from './extensions-argument.js'
import type { filterArguments } from './list-arguments.js'
import { readPage } from './list-page.js'
import type { GeoReportRequest } from './operation.js'
import { readSpatialFilters } from './spatial-filters.js'

/** GR-LIST-01: limit on ids in one request, independent of the page size. */
const MAX_IDS = 1000

interface Presentation {
  jurisdiction: Jurisdiction
  isExtended: boolean
}

/** Service requests by their ids. */
export interface PlannedIds extends Presentation, EndpointScope {
  service_request_ids: string[]
}

/** A page of a list. */
export interface PlannedList extends Presentation, ListPlan {
  count: 'exact' | 'estimated' | null
  /** Arguments of the request, for the link to the next page. */
  query: readonly ArgumentPair[]
}

/** Returns the `plan` of a list operation with these filters. */
export function planList(filters: ReturnType<typeof filterArguments>) {
  const names = ['jurisdiction_id', ...Object.keys(filters.shape)]
  return (request: GeoReportRequest): PlannedList | PlannedIds => {
    const { args, jurisdiction, limits } = request
    const scope = Object.assign(toEndpointScope(request), { jurisdiction })
    // GR-LIST-01: ids override every other filter, also an invalid one.
    const ids = args.has('service_request_id') ? unboundedList.parse(args.get('service_request_id')) : []
    if (ids.length > MAX_IDS) {
      refuse('A-19', 400, `service_request_id: at most ${MAX_IDS} ids may be given at once.`)
    }
    if (ids.length > 0) return { ...scope, service_request_ids: ids, isExtended: readExtensions(args) }
    const faults = new Faults()
    const values = parseArguments(filters, args, 'GR-LIST-11', faults)
    const spatial = readSpatialFilters(values, args, jurisdiction, faults)
    const statuses = readDetailedStatuses(values.detailed_status ?? [], jurisdiction, faults)
    const page = readPage(values, limits.listRows, spatial.circle !== null, faults)
    faults.refuse()
    // EXT-16, EXT-17: a crawl and a list of changes have no default window; their pages bound them.
    const isUnbounded =
      page.after !== undefined || values.updated_after !== undefined || values.updated_before !== undefined
    const window = isUnbounded
      ? { start: values.start_date ?? null, end: values.end_date ?? null }
      : resolveDateWindow(values, request)
    // Object.assign, not spread: see spec/decisions/0002-performance-tricks.md.
    return Object.assign(scope, window, Object.assign(spatial, page), {
      after: page.after ?? null,
      service_codes: values.service_code ?? [],
      statuses: values.status ?? [],
      ...statuses,
      agencies: values.agency_responsible ?? [],
      channels: values.channel ?? [],
      has_media: values.has_media ?? null,
      updated_after: values.updated_after ?? null,
      updated_before: values.updated_before ?? null,
      searchText: values.q ? buildSearchText(values.q) : null,
      count: values.count ?? null,
      isExtended: values.extensions ?? false,
      query: pickArguments(args, names),
    })
  }
}

/** EXT-30: separates detailed statuses of the jurisdiction from statuses of the standard. */
function readDetailedStatuses(
  words: readonly string[],
  { statuses }: Pick<Jurisdiction, 'statuses'>,
  faults: Faults,
): Pick<ListPlan, 'detailed_statuses' | 'plain_statuses'> {
  const codes = words.map((word) => word.toLowerCase())
  const unknown = codes.filter((code) => !statuses.has(code) && !isStandardStatus(code))
  if (unknown.length > 0)
    faults.add('EXT-30', 400, `detailed_status ${truncate(unknown.join(', '))} is not known here.`)
  return {
    detailed_statuses: codes.filter((code) => !isStandardStatus(code)),
    plain_statuses: codes.filter(isStandardStatus),
  }
}

function isStandardStatus(code: string): code is Status {
  return (STATUSES as readonly string[]).includes(code)
}

function pickArguments(args: Arguments, names: readonly string[]): ArgumentPair[] {
  return names.flatMap((name) => (args.get(name) ?? []).map((value) => [name, value] as const))
}
