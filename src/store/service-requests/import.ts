import { sql } from 'kysely'
import type { Datetime } from '../../standard/datetime.js'
import type { Status } from '../../standard/terms.js'
import type { Store } from '../database/database.js'
import type { EndpointScope } from './public-service-requests.js'

/** A service request of another system, which assigned its id. */
export interface ImportedServiceRequest {
  service_request_id: string
  service_code: string
  status: Status
  status_notes: string | null
  description: string | null
  agency_responsible: string | null
  requested_datetime: Datetime
  updated_datetime: Datetime
  expected_datetime: Datetime | null
  closed_datetime: Datetime | null
  address: string | null
  address_id: string | null
  zipcode: string | null
  lat: number | null
  long: number | null
  media_url: string | null
  channel: string | null
}

/** Numbers of new and changed service requests, and the ids that submissions have already. */
export interface ImportCount {
  inserted: number
  updated: number
  taken: string[]
}

/**
 * Inserts or updates service requests by id in one statement; idempotent. The ids must be distinct
 * and the services must exist. A service request submitted here is never changed: its id is in
 * `taken`.
 */
export async function importServiceRequests(
  store: Store,
  { jurisdiction_id, endpoint }: EndpointScope,
  rows: readonly ImportedServiceRequest[],
): Promise<ImportCount> {
  const written = await sql<{ inserted: boolean }>`
    insert into service_request as r (
      jurisdiction_id, endpoint, service_request_id, service_code, status, status_notes, description,
      agency_responsible, service_notice, requested_datetime, updated_datetime, expected_datetime, closed_datetime,
      address, address_id, zipcode, geom, media_urls, visibility, origin, channel)
    select ${jurisdiction_id}, ${endpoint}::endpoint_type, g.service_request_id, s.service_code, g.status,
           g.status_notes, g.description, g.agency_responsible, s.service_notice,
           g.requested_datetime, g.updated_datetime, g.expected_datetime, g.closed_datetime,
           g.address, g.address_id, g.zipcode, st_setsrid(st_makepoint(g.long, g.lat), 4326),
           array_remove(array[g.media_url], null), s.visibility, 'import', g.channel
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as g (
             service_request_id text, service_code text, status text, status_notes text, description text,
             agency_responsible text, requested_datetime timestamptz, updated_datetime timestamptz,
             expected_datetime timestamptz, closed_datetime timestamptz, address text, address_id text, zipcode text,
             lat float8, long float8, media_url text, channel text)
      join service as s on s.jurisdiction_id = ${jurisdiction_id} and s.service_code = g.service_code
     order by g.requested_datetime
        on conflict (jurisdiction_id, endpoint, service_request_id) do update set
           service_code = excluded.service_code, status = excluded.status, status_notes = excluded.status_notes,
           description = excluded.description, agency_responsible = excluded.agency_responsible,
           requested_datetime = excluded.requested_datetime,
           updated_datetime = greatest(r.updated_datetime, excluded.updated_datetime),
           expected_datetime = excluded.expected_datetime, closed_datetime = excluded.closed_datetime,
           address = excluded.address, address_id = excluded.address_id, zipcode = excluded.zipcode,
           geom = excluded.geom, media_urls = excluded.media_urls, channel = excluded.channel,
           -- Keeps the visibility while the service is the same; otherwise it never becomes more visible.
           visibility = case when r.service_code = excluded.service_code then r.visibility
                             else greatest(r.visibility, excluded.visibility) end
     where r.origin = 'import'
       and (r.service_code, r.status, r.status_notes, r.description, r.agency_responsible, r.requested_datetime,
            r.updated_datetime, r.expected_datetime, r.closed_datetime, r.address, r.address_id, r.zipcode,
            st_asbinary(r.geom), r.media_urls, r.channel)
           is distinct from
           (excluded.service_code, excluded.status, excluded.status_notes, excluded.description,
            excluded.agency_responsible, excluded.requested_datetime,
            greatest(r.updated_datetime, excluded.updated_datetime),
            excluded.expected_datetime, excluded.closed_datetime, excluded.address, excluded.address_id,
            excluded.zipcode, st_asbinary(excluded.geom), excluded.media_urls, excluded.channel)
    returning xmax = 0 as inserted`.execute(store)
  const taken = await store
    .selectFrom('service_request')
    .where('jurisdiction_id', '=', jurisdiction_id)
    .where('endpoint', '=', endpoint)
    .where('origin', '=', 'submission')
    .where('service_request_id', '=', sql<string>`any(${rows.map((row) => row.service_request_id)})`)
    .select('service_request_id')
    .execute()
  const inserted = written.rows.filter((row) => row.inserted).length
  return {
    inserted,
    updated: written.rows.length - inserted,
    taken: taken.map((each) => each.service_request_id!),
  }
}

/** Returns the newest requested_datetime of an import; undefined if there is none. */
export async function findNewestImported(
  store: Store,
  { jurisdiction_id, endpoint }: EndpointScope,
): Promise<Datetime | undefined> {
  const newest = await store
    .selectFrom('service_request')
    .where('jurisdiction_id', '=', jurisdiction_id)
    .where('endpoint', '=', endpoint)
    .where('origin', '=', 'import')
    .select('requested_datetime')
    .orderBy('requested_datetime', 'desc')
    .limit(1)
    .executeTakeFirst()
  return newest?.requested_datetime
}
