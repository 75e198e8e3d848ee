import { type Compilable, type RawBuilder, sql } from 'kysely'
import type { Row } from '../../documents/document.js'
import type { Endpoint } from '../../standard/terms.js'
import { queryBuilder, type Store } from '../database/database.js'
import { selectLat, selectLong } from '../database/geometry.js'
import { PreparedStatement, param } from '../database/prepared-statement.js'
import { selectNotes } from './notes.js'

/** Where a service request is looked for: never across jurisdictions (GR-JUR-06), never across endpoints. */
export interface EndpointScope {
  jurisdiction_id: string
  endpoint: Endpoint
}

/** The public fields of service requests, as the standard names them; reporters are in another table. */
const FIELDS: Readonly<Record<string, RawBuilder<unknown>>> = {
  service_request_id: sql.ref('r.service_request_id'),
  status: sql.ref('r.status'),
  status_notes: sql.ref('r.status_notes'),
  service_name: sql.ref('s.service_name'),
  service_code: sql.ref('r.service_code'),
  description: sql.ref('r.description'),
  agency_responsible: sql.ref('r.agency_responsible'),
  service_notice: sql.ref('r.service_notice'),
  requested_datetime: sql.ref('r.requested_datetime'),
  updated_datetime: sql.ref('r.updated_datetime'),
  expected_datetime: sql.ref('r.expected_datetime'),
  address: sql.ref('r.address'),
  address_id: sql.ref('r.address_id'),
  zipcode: sql.ref('r.zipcode'),
  lat: selectLat('r.geom'),
  long: selectLong('r.geom'),
  media_url: sql`r.media_urls[1]`,
  // For formats with columns of their own.
  closed_datetime: sql.ref('r.closed_datetime'),
  channel: sql.ref('r.channel'),
}

/** What the standard has no field for (EXT-19), besides notes. */
const EXTENDED_FIELDS: typeof FIELDS = {
  ...FIELDS,
  media_urls: sql.ref('r.media_urls'),
  area_ids: sql.ref('r.area_ids'),
  answers: sql.ref('r.answers'),
  detailed_status: sql.ref('r.detailed_status'),
  closing_reason: sql.ref('r.closing_reason'),
  // By its number, and no other condition: with them, another index may look shorter where nothing was counted yet.
  duplicate_of: sql`(
    select case when d.jurisdiction_id = r.jurisdiction_id and d.endpoint = r.endpoint and d.visibility = 'public'
                then d.service_request_id end
      from service_request as d where d.id = r.duplicate_of)`,
}

/** The names of the columns, in their order. */
export function listColumns(isExtended: boolean): string[] {
  return Object.keys(isExtended ? EXTENDED_FIELDS : FIELDS)
}

/** The public fields of service requests. */
export function selectPublicFields(store: Store, isExtended = false) {
  return store
    .selectFrom('service_request as r')
    .innerJoin('service as s', (join) =>
      join
        .onRef('s.jurisdiction_id', '=', 'r.jurisdiction_id')
        .onRef('s.service_code', '=', 'r.service_code'),
    )
    .select(publicSelections(isExtended))
}

/** The public fields, to be selected from service requests `r` and services `s`. */
export function publicSelections(isExtended: boolean) {
  return Object.entries(isExtended ? EXTENDED_FIELDS : FIELDS).map(([name, field]) => field.as(name))
}

/** SQL that is true for what everybody may see. A literal: only then are the indexes of public rows known to fit. */
export const IS_PUBLIC = sql<boolean>`r.visibility = 'public' and r.service_request_id is not null`

type ByIds = EndpointScope & { service_request_ids: string[]; isExtended?: boolean }
type ById = EndpointScope & { service_request_id: string; isExtended?: boolean }

const SCOPE = {
  jurisdiction_id: param((plan: EndpointScope) => plan.jurisdiction_id),
  endpoint: param((plan: EndpointScope) => plan.endpoint),
}

/** Runs a statement that is prepared twice: without and with what the standard has no field for. */
function prepareBoth<Plan extends { isExtended?: boolean }>(write: (isExtended: boolean) => Compilable) {
  const [plain, extended] = [false, true].map((isExtended) => new PreparedStatement<Plan>(write(isExtended)))
  return (store: Store, plan: Plan) => (plan.isExtended ? extended! : plain!).run<Row>(store, plan)
}

/** The public fields of those of a place; with what the standard has no field for, and notes, where that is asked for. */
function selectInScope(isExtended: boolean) {
  return selectPublicFields(queryBuilder, isExtended)
    .$if(isExtended, (select) => select.select(selectNotes('r.id').as('notes')))
    .where('r.jurisdiction_id', '=', SCOPE.jurisdiction_id)
    .where('r.endpoint', '=', SCOPE.endpoint)
}

const idsStatement = prepareBoth<ByIds>((isExtended) =>
  selectInScope(isExtended)
    .where(IS_PUBLIC)
    .where('r.service_request_id', '=', sql<string>`any(${param((plan: ByIds) => plan.service_request_ids)})`)
    .orderBy('r.requested_datetime', 'desc')
    .orderBy('r.id', 'desc'),
)

const idStatement = prepareBoth<ById>((isExtended) =>
  selectInScope(isExtended)
    .where(sql<boolean>`r.visibility <> 'private'`)
    .where(
      'r.service_request_id',
      '=',
      param((plan: ById) => plan.service_request_id),
    )
    .select('r.visibility'),
)

/** Public service requests by their ids, newest first; ids nobody knows are missing (GR-LIST-12). */
export async function findServiceRequests(store: Store, plan: ByIds): Promise<Row[]> {
  return idsStatement(store, plan)
}

/** What a reporter gave: not shown before somebody approved it, for ids may be guessed. */
const UNAPPROVED = {
  description: null,
  // Who is responsible may depend on the place.
  agency_responsible: null,
  address: null,
  address_id: null,
  zipcode: null,
  lat: null,
  long: null,
  media_url: null,
  media_urls: [],
  area_ids: [],
  answers: {},
  duplicate_of: null,
  notes: null,
}

/**
 * One service request by its id. While it awaits moderation its status is there, what the reporter gave is not
 * (GR-POST-17, A-61). Undefined if private or unknown.
 */
export async function findServiceRequest(store: Store, plan: ById): Promise<Row | undefined> {
  const [found] = await idStatement(store, plan)
  return found?.visibility === 'moderated' ? { ...found, ...UNAPPROVED } : found
}
