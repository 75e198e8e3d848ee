import { type RawBuilder, sql } from 'kysely'
import type { Datetime } from '../standard/datetime.js'
import type { Place } from './service-requests.js'

/** SQL for the next free tracking id, in the form the jurisdiction chose; see migrations/0002. */
export function newServiceRequestId({
  jurisdiction_id,
  endpoint,
  now,
}: Place & { now: Datetime }): RawBuilder<string> {
  return sql<string>`new_service_request_id(${jurisdiction_id}, ${endpoint}::endpoint_type, ${now}::timestamptz)`
}
