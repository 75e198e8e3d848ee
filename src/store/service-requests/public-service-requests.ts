import { type Compilable, type RawBuilder, sql } from 'kysely'
import type { Row } from '../../documents/document.js'
import type { Endpoint } from '../../standard/terms.js'
import { queryBuilder, type Store } from '../database/database.js'
import { selectLat, selectLong } from '../database/geometry.js'
import { PreparedStatement, param } from '../database/prepared-statement.js'
import { selectNotes } from './notes.js'

/** Scope of a query: one endpoint of one jurisdiction, never more (GR-JUR-06). */
export interface EndpointScope {
  jurisdiction_id: string
  endpoint: Endpoint
}

/** Public fields of service requests by their names in the standard; reporters are in another table. */
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
  // Extension fields for CSV and GeoJSON.
  closed_datetime: sql.ref('r.closed_datetime'),
  channel: sql.ref('r.channel'),
}

/** Fields of extensions (EXT-19), except notes. */
const EXTENDED_FIELDS: typeof FIELDS = {
  ...FIELDS,
  media_urls: sql.ref('r.media_urls'),
  area_ids: sql.ref('r.area_ids'),
  answers: sql.ref('r.answers'),
  detailed_status: sql.ref('r.detailed_status'),
  closing_reason: sql.ref('r.closing_reason'),
  // Only by number: with more conditions the planner may choose another index while there are no
  // statistics.
  duplicate_of: sql`(
    select case when d.jurisdiction_id = r.jurisdiction_id and d.endpoint = r.endpoint and d.visibility = 'public'
                then d.service_request_id end
      from service_request as d where d.id = r.duplicate_of)`,
}

/** Names of the selected columns, in order. */
export function listColumns(isExtended: boolean): string[] {
  return Object.keys(isExtended ? EXTENDED_FIELDS : FIELDS)
}

/** Selects public fields of service requests `r`. */
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

/** Public fields as selections from service requests `r` and services `s`. */
export function publicSelections(isExtended: boolean) {
  return Object.entries(isExtended ? EXTENDED_FIELDS : FIELDS).map(([name, field]) => field.as(name))
}

/**
 * SQL that is true for public service requests `r`. A literal, so that the planner can use the
 * partial indexes.
 */
export const IS_PUBLIC = sql<boolean>`r.visibility = 'public' and r.service_request_id is not null`

type ByIds = EndpointScope & { service_request_ids: string[]; isExtended?: boolean }
type ById = EndpointScope & { service_request_id: string; isExtended?: boolean }

const SCOPE = {
  jurisdiction_id: param((plan: EndpointScope) => plan.jurisdiction_id),
  endpoint: param((plan: EndpointScope) => plan.endpoint),
}

/** Prepares a statement without and with the fields of extensions. */
function prepareBoth<Plan extends { isExtended?: boolean }>(build: (isExtended: boolean) => Compilable) {
  const [plain, extended] = [false, true].map((isExtended) => new PreparedStatement<Plan>(build(isExtended)))
  return (store: Store, plan: Plan) => (plan.isExtended ? extended! : plain!).run<Row>(store, plan)
}

/** Selects public fields within a scope; with `isExtended`, also fields of extensions and notes. */
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

/** Returns public service requests by id, newest first; unknown ids are missing (GR-LIST-12). */
export async function findServiceRequests(store: Store, plan: ByIds): Promise<Row[]> {
  return idsStatement(store, plan)
}

/**
 * Values of a service request in moderation: until approval all texts and data of the reporter are hidden,
 * because ids can be guessed. Notes too: residents write them through other servers (EXT-32).
 */
const UNAPPROVED = {
  description: null,
  status_notes: null,
  // The agency may depend on the location.
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
 * Returns one service request by id. In moderation, it has a status but no data of the reporter
 * (GR-POST-17, A-61). Undefined if it is private or unknown.
 */
export async function findServiceRequest(store: Store, plan: ById): Promise<Row | undefined> {
  const [row] = await idStatement(store, plan)
  return row?.visibility === 'moderated' ? { ...row, ...UNAPPROVED } : row
}
