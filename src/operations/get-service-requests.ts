import { z } from 'zod'
import { type Row, rowsOf } from '../documents/document.js'
import { extend, isExtended } from '../documents/present-extended-attributes.js'
import { serviceRequests } from '../documents/service-requests.js'
import { described, saidAs } from '../http/argument-docs.js'
import {
  broken,
  datetime,
  LIST,
  oneWord,
  read,
  someValues,
  values,
  verbatim,
  words,
  yesNo,
} from '../http/arguments.js'
import type { Arguments } from '../http/request.js'
import type { Jurisdiction } from '../standard/catalog.js'
import { Faults, refuse, shortened } from '../standard/refusal.js'
import { LIST_FORMATS, STATUSES, type Status } from '../standard/terms.js'
import type { Store } from '../store/database/database.js'
import { type ListPlan, queryOfWords } from '../store/list/list-plan.js'
import { countServiceRequests, listServiceRequests } from '../store/list/list-service-requests.js'
import { knownServiceRequests } from '../store/list/row-cache.js'
import {
  type ExtendedRow,
  findServiceRequests,
  type Place,
} from '../store/service-requests/public-service-requests.js'
import { periodOf } from './date-window.js'
import { pageArguments, pageOf } from './list-page.js'
import { LONGEST_IN_ADDRESS, linkAfter } from './next-link.js'
import { type Answer, type Call, operation } from './operation.js'
import { whereArguments, whereOf } from './spatial-filters.js'

/** GR-LIST-01: so many ids may be asked for at once, whatever the cap of a list is. */
const MOST_IDS = 1000

/** The arguments of a list; a polygon has at most so many characters. */
const filtersWith = (longestPolygon: number) =>
  z.object({
    service_code: someValues, // GR-LIST-02
    // GR-LIST-03, A-20: in any case, but nothing else.
    status: someValues
      .transform((said, context) => {
        const known: readonly string[] = STATUSES
        const statuses = [...new Set(said.map((status) => status.toLowerCase()))]
        if (!statuses.every((status) => known.includes(status))) {
          context.addIssue(broken('has to be open, closed or both', 'A-20'))
        }
        return statuses as Status[]
      })
      .register(saidAs, { ...LIST, items: { type: 'string', enum: STATUSES } }),
    start_date: datetime('start'), // GR-LIST-04
    end_date: datetime('end'),
    // EXT-17: changes; EXT-18: who, how, with what.
    updated_after: datetime('start'),
    updated_before: datetime('end'),
    detailed_status: someValues, // EXT-30
    agency_responsible: verbatim,
    channel: verbatim,
    has_media: yesNo,
    q: words, // EXT-22
    count: oneWord('exact', 'estimated'), // EXT-14
    extensions: yesNo,
    ...whereArguments(longestPolygon),
    ...pageArguments,
  })

/** EXT-46: with what overrides them all. */
const listArguments = (longestPolygon: number) =>
  filtersWith(longestPolygon).extend({
    service_request_id: described(values, 'these, and nothing else counts'),
  })

/** In a body. */
const LONGEST_IN_BODY = 200_000

/** Rows up to which an estimate counts. */
const MOST_COUNTED = 10_000

/**
 * GET service requests: by ids, or by service, status and time; newest first (GR-LIST-08, 09, A-14). Without arguments
 * of the extensions it is what the standard says, byte by byte.
 */
export const getServiceRequests = operation({
  name: 'GET service requests',
  method: 'GET',
  path: '/requests',
  summary: 'Service requests by id, or by what, where, when and who; the newest first.',
  arguments: listArguments(LONGEST_IN_ADDRESS),
  listFormats: LIST_FORMATS,
  document: serviceRequests,
  plan: planWith(filtersWith(LONGEST_IN_ADDRESS)),
  answer,
})

/** EXT-12: the same list, for polygons that no address can hold. */
export const searchServiceRequests = operation({
  name: 'POST search',
  method: 'POST',
  path: '/requests/search',
  summary: 'The same list, for polygons that are too long for an address.',
  arguments: listArguments(LONGEST_IN_BODY),
  listFormats: LIST_FORMATS,
  document: serviceRequests,
  plan: planWith(filtersWith(LONGEST_IN_BODY)),
  answer,
})

/** A status that the standard knows too. */
const isPlain = (word: string): word is Status => (STATUSES as readonly string[]).includes(word)

interface Planned {
  jurisdiction: Jurisdiction
  isExtended: boolean
}

interface PlannedIds extends Planned, Place {
  service_request_ids: string[]
}

/** A list, as it is planned: what holds, which part, and what goes with it. */
interface PlannedList extends Planned, ListPlan {
  count: 'exact' | 'estimated' | null
  /** The arguments of this operation as they were said, for the link to the next part. */
  query: readonly (readonly [name: string, value: string])[]
}

function planWith(filters: ReturnType<typeof filtersWith>) {
  const names = ['jurisdiction_id', ...Object.keys(filters.shape)]
  return (call: Call): PlannedList | PlannedIds => {
    const { jurisdiction, endpoint } = call
    const place = { jurisdiction_id: jurisdiction.jurisdiction_id, endpoint, jurisdiction }
    // GR-LIST-01: ids override every other filter, broken ones too.
    const ids = call.said.has('service_request_id') ? values.parse(call.said.get('service_request_id')) : []
    if (ids.length > MOST_IDS) {
      refuse('A-19', 400, `service_request_id: at most ${MOST_IDS} ids may be given at once.`)
    }
    if (ids.length > 0) return { ...place, service_request_ids: ids, isExtended: isExtended(call.said) }
    const faults = new Faults()
    const said = read(filters, call.said, 'GR-LIST-11', faults)
    const where = whereOf(said, call.said, jurisdiction, faults)
    const words = (said.detailed_status ?? []).map((word) => word.toLowerCase())
    const unknown = words.filter((word) => !jurisdiction.statuses.has(word) && !isPlain(word))
    if (unknown.length > 0)
      faults.add('EXT-30', 400, `detailed_status ${shortened(unknown.join(', '))} is not known here.`)
    const page = pageOf(said, call.limits.listRows, where.near !== null, faults)
    faults.refuse()
    // A crawl and a list of changes have no default window: they are bounded by their pages.
    const isUnbounded =
      page.after !== undefined || said.updated_after !== undefined || said.updated_before !== undefined
    const period = isUnbounded
      ? { start: said.start_date ?? null, end: said.end_date ?? null }
      : periodOf(said, call)
    // Assigned, not spread, which would cost each call more than all that is read here.
    return Object.assign(place, period, Object.assign(where, page), {
      after: page.after ?? null,
      service_codes: said.service_code ?? [],
      statuses: said.status ?? [],
      detailed_statuses: words.filter((word) => !isPlain(word)),
      plain_statuses: words.filter(isPlain),
      agencies: said.agency_responsible ?? [],
      channels: said.channel ?? [],
      has_media: said.has_media ?? null,
      updated_after: said.updated_after ?? null,
      updated_before: said.updated_before ?? null,
      words: said.q ? queryOfWords(said.q) : null,
      count: said.count ?? null,
      isExtended: said.extensions ?? false,
      query: queryOf(call.said, names),
    })
  }
}

async function answer(plan: PlannedList | PlannedIds, store: Store): Promise<Answer> {
  const extended = (row: Row) => extend(row as ExtendedRow, plan.jurisdiction)
  if ('service_request_ids' in plan) {
    const known = plan.isExtended ? null : await knownServiceRequests(store, plan)
    if (known) return { value: known }
    const found = await findServiceRequests(store, plan)
    return { value: plan.isExtended ? found.map(extended) : found }
  }
  const { table, goesOn } = await listServiceRequests(store, plan)
  const link = goesOn ? { link: linkAfter(table, plan) } : {}
  return {
    value: plan.isExtended ? rowsOf(table).map(extended) : table,
    headers: { ...link, ...(await countHeader(plan, store)) },
  }
}

function queryOf(said: Arguments, names: readonly string[]): PlannedList['query'] {
  const given = names.filter((name) => said.has(name))
  return given.flatMap((name) => said.get(name)!.map((value) => [name, value] as const))
}

/** EXT-14; an estimate never looks at more than so many rows, and knows no row that is not public. */
async function countHeader(plan: PlannedList, store: Store): Promise<Record<string, string>> {
  if (plan.count === null) return {}
  const most = plan.count === 'exact' ? null : MOST_COUNTED + 1
  const count = await countServiceRequests(store, plan, most)
  return { 'x-result-count': count === most ? `${MOST_COUNTED}+` : String(count) }
}
