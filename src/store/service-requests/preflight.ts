import { sql } from 'kysely'
import type { Row } from '../../documents/document.js'
import { addDays, type Datetime } from '../../standard/datetime.js'
import { boundCircle, type Circle, type Point } from '../../standard/geography.js'
import type { Store } from '../database/database.js'
import { distanceInMetres, FAR_FUTURE, makePoint, overlapsBoxes } from '../database/geometry.js'
import { type EndpointScope, IS_PUBLIC, selectPublicFields } from './public-service-requests.js'

interface PreflightPlan extends EndpointScope {
  service_code: string
}

/** Finds the areas of a point, and the agency of a service there. */
export async function findRoute(
  store: Store,
  { jurisdiction_id, service_code, point }: PreflightPlan & { point: Point },
): Promise<{ agency_responsible: string | null; area_ids: number[] }> {
  const { rows } = await sql<{ agency_responsible: string | null; area_ids: number[] }>`
    select route_agency(${jurisdiction_id}, ${service_code}, at.area_ids) as agency_responsible, at.area_ids
      from (select areas_at(${jurisdiction_id}, ${makePoint(point.lat, point.long)}) as area_ids offset 0) as at`.execute(
    store,
  )
  return rows[0]!
}

/** Age of the service requests in the estimate. */
const MIN_AGE_DAYS = 14
const MAX_AGE_DAYS = 380
const MAX_SAMPLE = 500
const MIN_SAMPLE = 10

/**
 * Estimates the closing time of a new service request: `now` plus the median duration of recent
 * ones, with open ones as infinite. Null if the sample is too small or most stay open.
 */
export async function estimateExpectedDatetime(
  store: Store,
  { now, ...plan }: PreflightPlan & { now: Datetime },
): Promise<Datetime | null> {
  const recent = store
    .selectFrom('service_request as r')
    .where('r.jurisdiction_id', '=', plan.jurisdiction_id)
    .where('r.endpoint', '=', plan.endpoint)
    .where('r.service_code', '=', plan.service_code)
    .where(IS_PUBLIC)
    .where('r.requested_datetime', '>=', addDays(now, -MAX_AGE_DAYS))
    .where('r.requested_datetime', '<=', addDays(now, -MIN_AGE_DAYS))
    // Excludes those whose closing time is unknown.
    .where(sql<boolean>`(r.status = 'open' or r.closed_datetime >= r.requested_datetime)`)
    .orderBy('r.requested_datetime', 'desc')
    .orderBy('r.id', 'desc')
    .limit(MAX_SAMPLE)
    .select(
      sql<number>`case when r.status = 'closed' then extract(epoch from r.closed_datetime - r.requested_datetime) end`.as(
        'seconds',
      ),
    )
  const { count, seconds } = await store
    .selectFrom(recent.as('recent'))
    .select((select) => select.fn.countAll<number>().as('count'))
    .select(
      sql<
        number | null
      >`percentile_disc(0.5) within group (order by coalesce(seconds, 'infinity'))::float8`.as('seconds'),
    )
    .executeTakeFirstOrThrow()
  if (Number(count) < MIN_SAMPLE || seconds === null || !Number.isFinite(Number(seconds))) return null
  return addDays(now, Number(seconds) / 86_400)
}

/** Newest nearby service requests that are compared. */
const MAX_CANDIDATES = 100
const MAX_DUPLICATES = 5

/**
 * Finds open public service requests nearby of the same or a related service (`service_codes`), the
 * likeliest first: the same service before others, then by similarity of the description and by
 * distance in metres. `similarity` is from 0 to 1, null without descriptions.
 */
export async function findLikelyDuplicates(
  store: Store,
  {
    near: circle,
    service_code,
    service_codes,
    description,
    ...scope
  }: PreflightPlan & {
    near: Circle
    service_codes: string[]
    description: string | null
  },
): Promise<Row[]> {
  const similarity = sql<number | null>`similarity(r.description, ${description}::text)`
  const nearby = store
    .selectFrom('service_request as r')
    .where('r.jurisdiction_id', '=', scope.jurisdiction_id)
    .where('r.endpoint', '=', scope.endpoint)
    .where(IS_PUBLIC)
    .where('r.status', '=', 'open')
    .where('r.service_code', '=', sql<string>`any(${service_codes})`)
    .where(overlapsBoxes('r.geom', boundCircle(circle)))
    .where(sql<boolean>`${distanceInMetres('r.geom', circle)} <= ${circle.radius}`)
    .orderBy(sql`r.requested_datetime <-> ${FAR_FUTURE}`)
    .limit(MAX_CANDIDATES)
    .select('r.id')
  return selectPublicFields(store)
    .where(
      sql<boolean>`r.id = any(array(with nearby as materialized (${nearby}) select nearby.id from nearby))`,
    )
    .select([distanceInMetres('r.geom', circle).as('distance'), similarity.as('similarity')])
    .orderBy(sql`r.service_code = ${service_code}`, 'desc')
    .orderBy(sql`${distanceInMetres('r.geom', circle)} / ${circle.radius} - coalesce(${similarity}, 0)`)
    .orderBy('r.id', 'desc')
    .limit(MAX_DUPLICATES)
    .execute()
}
