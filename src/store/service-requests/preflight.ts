import { sql } from 'kysely'
import type { Row } from '../../documents/document.js'
import { addDays, type Datetime } from '../../standard/datetime.js'
import { boundCircle, type Circle } from '../../standard/geography.js'
import type { Store } from '../database/database.js'
import { distanceInMetres, FAR_FUTURE, makePoint, overlapsBoxes } from '../database/geometry.js'
import { type EndpointScope, IS_PUBLIC, selectPublicFields } from './public-service-requests.js'

interface PreflightPlan extends EndpointScope {
  service_code: string
}

/** The areas of a point, and who is responsible for a service there. */
export async function findRoute(
  store: Store,
  { jurisdiction_id, service_code, point }: PreflightPlan & { point: Pick<Circle, 'lat' | 'long'> },
): Promise<{ agency_responsible: string | null; area_ids: number[] }> {
  const { rows } = await sql<{ agency_responsible: string | null; area_ids: number[] }>`
    select agency_for(${jurisdiction_id}, ${service_code}, at.area_ids) as agency_responsible, at.area_ids
      from (select areas_at(${jurisdiction_id}, ${makePoint(point.lat, point.long)}) as area_ids offset 0) as at`.execute(
    store,
  )
  return rows[0]!
}

/** Days: the youngest and the oldest service requests that tell how long it takes. */
const [YOUNGEST, OLDEST] = [14, 380]
const MAX_SAMPLE = 500
const MIN_SAMPLE = 10

/**
 * When a service request of now would be closed if it took as long as half of the recent ones did, those that are still
 * open counting as endless. Null if there are too few to tell, or if most stay open.
 */
export async function estimateExpectedDatetime(
  store: Store,
  { now, ...asked }: PreflightPlan & { now: Datetime },
): Promise<Datetime | null> {
  const recent = store
    .selectFrom('service_request as r')
    .where('r.jurisdiction_id', '=', asked.jurisdiction_id)
    .where('r.endpoint', '=', asked.endpoint)
    .where('r.service_code', '=', asked.service_code)
    .where(IS_PUBLIC)
    .where('r.requested_datetime', '>=', addDays(now, -OLDEST))
    .where('r.requested_datetime', '<=', addDays(now, -YOUNGEST))
    // Not those of which nobody knows when they were closed.
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

/** How many of the newest nearby are looked at, and how many are told. */
const MAX_CANDIDATES = 100
const MAX_DUPLICATES = 5

/**
 * Open public service requests of the same or a related service nearby (`service_codes`), the likeliest first: the same
 * service before a related one, then by likeness of words and by distance. `similarity` is from 0 to 1, null where there
 * are no words to compare.
 */
export async function findLikelyDuplicates(
  store: Store,
  {
    near,
    service_code,
    service_codes,
    description,
    ...place
  }: PreflightPlan & {
    near: Circle
    service_codes: string[]
    description: string | null
  },
): Promise<Row[]> {
  const similarity = sql<number | null>`similarity(r.description, ${description}::text)`
  const nearby = store
    .selectFrom('service_request as r')
    .where('r.jurisdiction_id', '=', place.jurisdiction_id)
    .where('r.endpoint', '=', place.endpoint)
    .where(IS_PUBLIC)
    .where('r.status', '=', 'open')
    .where('r.service_code', '=', sql<string>`any(${service_codes})`)
    .where(overlapsBoxes('r.geom', boundCircle(near)))
    .where(sql<boolean>`${distanceInMetres('r.geom', near)} <= ${near.radius}`)
    .orderBy(sql`r.requested_datetime <-> ${FAR_FUTURE}`)
    .limit(MAX_CANDIDATES)
    .select('r.id')
  return selectPublicFields(store)
    .where(
      sql<boolean>`r.id = any(array(with nearby as materialized (${nearby}) select nearby.id from nearby))`,
    )
    .select([distanceInMetres('r.geom', near).as('distance'), similarity.as('similarity')])
    .orderBy(sql`r.service_code = ${service_code}`, 'desc')
    .orderBy(sql`${distanceInMetres('r.geom', near)} / ${near.radius} - coalesce(${similarity}, 0)`)
    .orderBy('r.id', 'desc')
    .limit(MAX_DUPLICATES)
    .execute()
}
