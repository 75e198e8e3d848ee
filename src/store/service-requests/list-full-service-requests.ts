import { sql } from 'kysely'
import type { Datetime } from '../../standard/datetime.js'
import type { Status, Visibility } from '../../standard/terms.js'
import type { Store } from '../database/database.js'
import type { Tables } from '../database/tables.js'
import { type FullServiceRequest, selectFullFields } from './full-service-request.js'
import { type EndpointScope, IS_PUBLIC } from './public-service-requests.js'

/** A list for those who see everything; what is null or empty is not asked. */
export interface FullListPlan extends EndpointScope {
  visibilities: readonly Visibility[]
  statuses: readonly Status[]
  detailed_statuses: readonly string[]
  service_codes: readonly string[]
  agencies: readonly string[]
  /** Of the reporter, in any case. */
  email: string | null
  direction: 'asc' | 'desc'
  /** The row after which it goes on. */
  after: { at: Datetime; number: number } | null
  rows: number
}

/** Service requests of any visibility by the time they were requested, ties by arrival. */
export async function listFullServiceRequests(
  store: Store,
  plan: FullListPlan,
): Promise<FullServiceRequest[]> {
  // Two indexes hold them together: of those that the public sees, and of the others (see the migration of the city API).
  const isSeen = plan.visibilities.length === 0 || plan.visibilities.includes('public')
  const chosen = isSeen
    ? selectMatching(store, plan, true).unionAll(selectMatching(store, plan, false))
    : selectMatching(store, plan, false)
  return selectFullFields(store)
    .where('r.id', 'in', (from) =>
      from
        .selectFrom(chosen.as('c'))
        .select('c.id')
        .orderBy('c.requested_datetime', plan.direction)
        .orderBy('c.id', plan.direction)
        .limit(plan.rows),
    )
    .orderBy('r.requested_datetime', plan.direction)
    .orderBy('r.id', plan.direction)
    .execute()
}

function selectMatching(store: Store, plan: FullListPlan, isPublic: boolean) {
  const { after, direction, email } = plan
  const oneOf = (column: keyof Tables['service_request'], values: readonly string[]) =>
    sql<boolean>`${sql.ref(`r.${column}`)}::text = any(${values})`
  const sameSide = isPublic
    ? IS_PUBLIC
    : sql<boolean>`(r.visibility <> 'public' or r.service_request_id is null)`
  const than = sql.raw(direction === 'asc' ? '>' : '<')
  const chosen = store
    .selectFrom('service_request as r')
    .where('r.jurisdiction_id', '=', plan.jurisdiction_id)
    .where('r.endpoint', '=', plan.endpoint)
    .where(sameSide)
    .$if(plan.visibilities.length > 0, (select) => select.where(oneOf('visibility', plan.visibilities)))
    .$if(plan.statuses.length > 0, (select) => select.where(oneOf('status', plan.statuses)))
    .$if(plan.detailed_statuses.length > 0, (select) =>
      select.where(oneOf('detailed_status', plan.detailed_statuses)),
    )
    .$if(plan.service_codes.length > 0, (select) => select.where(oneOf('service_code', plan.service_codes)))
    .$if(plan.agencies.length > 0, (select) => select.where(oneOf('agency_responsible', plan.agencies)))
    .$if(email !== null, (select) =>
      select.where('r.id', 'in', (from) =>
        from
          .selectFrom('reporter as p')
          .where(sql<boolean>`lower(p.email) = lower(${email})`)
          .select('p.service_request'),
      ),
    )
    .$if(after !== null, (select) =>
      select.where(
        sql<boolean>`(r.requested_datetime, r.id) ${than} (${after!.at}::timestamptz, ${after!.number}::bigint)`,
      ),
    )
    .select(['r.id', 'r.requested_datetime'])
    .orderBy('r.requested_datetime', direction)
    .orderBy('r.id', direction)
    .limit(plan.rows)
  return store.selectFrom(chosen.as('s')).selectAll()
}
