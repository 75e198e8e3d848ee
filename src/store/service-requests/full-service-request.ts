import { sql } from 'kysely'
import type { Datetime } from '../../standard/datetime.js'
import { REPORTER_FIELDS, type Reporter, type Status, type Visibility } from '../../standard/terms.js'
import type { Store } from '../database/database.js'
import type { ExactLocation } from '../database/geometry.js'
import { selectLat, selectLong } from '../database/geometry.js'
import type { EndpointScope } from './public-service-requests.js'

/** Locates a service request by id, or by number, which every service request has. */
export type ServiceRequestLocator = EndpointScope & ({ service_request_id: string } | { number: number })

/** A service request with all its data, including the reporter. */
export interface FullServiceRequest {
  number: number
  version: number
  service_request_id: string | null
  token: string | null
  visibility: Visibility
  status: Status
  detailed_status: string | null
  status_notes: string | null
  closing_reason: string | null
  /** A service_request_id. */
  duplicate_of: string | null
  service_code: string
  service_name: string
  description: string | null
  agency_responsible: string | null
  service_notice: string | null
  requested_datetime: Datetime
  updated_datetime: Datetime
  expected_datetime: Datetime | null
  closed_datetime: Datetime | null
  address: string | null
  address_id: string | null
  zipcode: string | null
  lat: number | null
  long: number | null
  exact_location: ExactLocation | null
  area_ids: number[]
  media_urls: string[]
  answers: Record<string, string[]>
  channel: string | null
  origin: 'submission' | 'import'
  reporter: Reporter | null
}

/** Selects all fields of service requests `r`: never for the public. */
export function selectFullFields(store: Store) {
  return store
    .selectFrom('service_request as r')
    .innerJoin('service as s', (join) =>
      join
        .onRef('s.jurisdiction_id', '=', 'r.jurisdiction_id')
        .onRef('s.service_code', '=', 'r.service_code'),
    )
    .leftJoin('service_request as d', 'd.id', 'r.duplicate_of')
    .leftJoin('token as t', 't.service_request', 'r.id')
    .leftJoin('reporter as p', 'p.service_request', 'r.id')
    .select(['r.id as number', 'r.version', 'r.service_request_id', 't.token', 'r.visibility'])
    .select(['r.status', 'r.detailed_status', 'r.status_notes', 'r.closing_reason'])
    .select(['d.service_request_id as duplicate_of', 'r.service_code', 's.service_name', 'r.description'])
    .select(['r.agency_responsible', 'r.service_notice', 'r.requested_datetime', 'r.updated_datetime'])
    .select(['r.expected_datetime', 'r.closed_datetime', 'r.address', 'r.address_id', 'r.zipcode'])
    .select([
      selectLat('r.geom').as('lat'),
      selectLong('r.geom').as('long'),
      'r.exact_location',
      'r.area_ids',
      'r.media_urls',
    ])
    .select(['r.answers', 'r.channel', 'r.origin'])
    .select(
      sql<Reporter | null>`case when p.service_request is not null then jsonb_build_object(${sql.join(
        REPORTER_FIELDS.flatMap((name) => [sql.lit(name), sql.ref(`p.${name}`)]),
      )}) end`.as('reporter'),
    )
}

/** SQL that is true for the service request `r` of a locator. */
export function matchesLocator(locator: ServiceRequestLocator) {
  const hasKey =
    'number' in locator
      ? sql<boolean>`r.id = ${locator.number}`
      : sql<boolean>`r.service_request_id = ${locator.service_request_id}`
  return sql<boolean>`r.jurisdiction_id = ${locator.jurisdiction_id} and r.endpoint = ${locator.endpoint} and ${hasKey}`
}

/** Returns one service request of any visibility; undefined if it is unknown. */
export async function findFullServiceRequest(
  store: Store,
  locator: ServiceRequestLocator,
): Promise<FullServiceRequest | undefined> {
  return selectFullFields(store).where(matchesLocator(locator)).executeTakeFirst()
}
