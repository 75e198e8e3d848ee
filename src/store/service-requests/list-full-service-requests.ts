import { sql } from 'kysely'
import type { Datetime } from '../../standard/datetime.js'
import type { Status, Visibility } from '../../standard/terms.js'
import type { Store } from '../database/database.js'
import type { Tables } from '../database/tables.js'
import { type FullServiceRequest, selectFullFields } from './full-service-request.js'
import { type EndpointScope, IS_PUBLIC } from './public-service-requests.js'

/** Conditions of a list of the city API; null or empty: none. */
export interface FullListPlan extends EndpointScope {
  visibilities: readonly Visibility[]
  statuses: readonly Status[]
  detailed_statuses: readonly string[]
  service_codes: readonly string[]
  agencies: readonly string[]
  /** Email of the reporter, case-insensitive. */
  email: string | null
  direction: 'asc' | 'desc'
  /** Cursor: the last row of the previous page. */
  after: { at: Datetime; number: number } | null
  rows: number
}

/** Lists service requests of any visibility by requested_datetime, ties by arrival. */
export async function listFullServiceRequests(
  store: Store,
  plan: FullListPlan,
): Promise<FullServiceRequest[]> {
  // Public service requests and the others have separate indexes: service_request_newest and
  // service_request_newest_not_public.
  const includesPublic = plan.visibilities.length === 0 || plan.visibilities.includes('public')
  const chosen = includesPublic
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
  const matchesAny = (column: keyof Tables['service_request'], values: readonly string[]) =>
    sql<boolean>`${sql.ref(`r.${column}`)}::text = any(${values})`
  const visibilityClass = isPublic
    ? IS_PUBLIC
    : sql<boolean>`(r.visibility <> 'public' or r.service_request_id is null)`
  const comparison = sql.raw(direction === 'asc' ? '>' : '<')
  const chosen = store
    .selectFrom('service_request as r')
    .where('r.jurisdiction_id', '=', plan.jurisdiction_id)
    .where('r.endpoint', '=', plan.endpoint)
    .where(visibilityClass)
    .$if(plan.visibilities.length > 0, (select) => select.where(matchesAny('visibility', plan.visibilities)))
    .$if(plan.statuses.length > 0, (select) => select.where(matchesAny('status', plan.statuses)))
    .$if(plan.detailed_statuses.length > 0, (select) =>
      select.where(matchesAny('detailed_status', plan.detailed_statuses)),
    )
    .$if(plan.service_codes.length > 0, (select) =>
      select.where(matchesAny('service_code', plan.service_codes)),
    )
    .$if(plan.agencies.length > 0, (select) => select.where(matchesAny('agency_responsible', plan.agencies)))
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
        sql<boolean>`(r.requested_datetime, r.id) ${comparison} (${after!.at}::timestamptz, ${after!.number}::bigint)`,
      ),
    )
    .select(['r.id', 'r.requested_datetime'])
    .orderBy('r.requested_datetime', direction)
    .orderBy('r.id', direction)
    .limit(plan.rows)
  return store.selectFrom(chosen.as('s')).selectAll()
}
