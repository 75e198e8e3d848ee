import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { Service } from '../standard/catalog.js'
import type { Datetime } from '../standard/datetime.js'
import { REPORTER_FIELDS, type Reporter } from '../standard/terms.js'
import type { Store } from './database.js'
import { pointOf } from './geometry.js'
import { newServiceRequestId } from './new-id.js'
import type { Place } from './service-requests.js'
import type { Tables } from './tables.js'

/** A name under which a client may send the same submission again. */
export type SubmissionHandle = Pick<Tables['submission'], 'handle_type' | 'handle'>

export interface SubmitPlan extends Place {
  service: Service
  requested_datetime: Datetime
  lat: number | null
  long: number | null
  address: string | null
  address_id: string | null
  description: string | null
  media_urls: string[]
  answers: Record<string, string[]>
  reporter: Reporter
  key_id: number
  handles: SubmissionHandle[]
  fingerprint: Buffer
}

/** What was stored: an id (realtime), a token (batch), or neither (blackbox, A-46). */
export interface Submitted {
  service_request_id: string | null
  token: string | null
  service_notice: string | null
}

/** An Idempotency-Key came again with other arguments. */
export type HandleMisused = 'handle was used for something else'

const UNIQUE_VIOLATION = '23505'

/**
 * Stores a service request, its reporter, its token and its handles in one statement. Should the same submission
 * arrive in this very moment, its answer is given.
 */
export async function submit(store: Store, plan: SubmitPlan): Promise<Submitted | HandleMisused> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await insert(store, plan)
    } catch (error) {
      if ((error as { code?: string }).code !== UNIQUE_VIOLATION) throw error
      // The same submission arrived twice at once, or an import took the new id.
      const first = plan.handles.length > 0 ? await findSubmission(store, plan) : undefined
      if (first) return first
      if (attempt === 3) throw error
    }
  }
}

async function insert(store: Store, plan: SubmitPlan): Promise<Submitted> {
  const { jurisdiction_id, endpoint, service, reporter, key_id, fingerprint, requested_datetime: now } = plan
  const token = service.type === 'batch' ? randomBytes(16).toString('hex') : null
  const id = service.type === 'realtime' ? newServiceRequestId({ jurisdiction_id, endpoint, now }) : null
  const isReporterKnown = Object.values(reporter).some((value) => value !== null)
  const types = plan.handles.map((each) => each.handle_type)
  const handles = plan.handles.map((each) => each.handle)
  const created = await store
    .with('created', (with_) =>
      with_
        .insertInto('service_request')
        .values({
          jurisdiction_id,
          endpoint,
          service_request_id: id,
          service_code: service.service_code,
          description: plan.description,
          agency_responsible: null, // by service and areas: see migrations/0004
          service_notice: service.service_notice,
          requested_datetime: now,
          updated_datetime: now,
          address: plan.address,
          address_id: plan.address_id,
          geom: pointOf(plan.lat, plan.long),
          media_urls: plan.media_urls,
          visibility: service.visibility,
          answers: JSON.stringify(plan.answers) as never,
        })
        .returning(['id', 'service_request_id', 'service_notice']),
    )
    .with('reporter_of_created', (with_) =>
      with_
        .insertInto('reporter')
        .columns(['service_request', ...REPORTER_FIELDS])
        .expression((select) =>
          select
            .selectFrom('created')
            .where(sql<boolean>`${isReporterKnown}::boolean`, '=', true)
            .select([
              'id',
              ...REPORTER_FIELDS.map((name) => sql<string | null>`${reporter[name]}::text`.as(name)),
            ]),
        ),
    )
    .with('token_of_created', (with_) =>
      with_
        .insertInto('token')
        .columns(['token', 'service_request'])
        .expression((select) =>
          select
            .selectFrom('created')
            .where(sql<string | null>`${token}::text`, 'is not', null)
            .select([sql<string>`${token}::text`.as('token'), 'id']),
        ),
    )
    .with('handles_of_created', (with_) =>
      with_
        .insertInto('submission')
        .columns([
          'key_id',
          'jurisdiction_id',
          'endpoint',
          'handle_type',
          'handle',
          'fingerprint',
          'service_request',
        ])
        .expression((select) =>
          select
            .selectFrom('created')
            .innerJoin(
              sql<SubmissionHandle>`unnest(${types}::text[], ${handles}::text[])`.as<'h'>(
                sql`h (handle_type, handle)`,
              ),
              (join) => join.onTrue(),
            )
            .select([
              sql<number>`${key_id}::integer`.as('key_id'),
              sql<string>`${jurisdiction_id}::text`.as('jurisdiction_id'),
              sql<Place['endpoint']>`${endpoint}::endpoint_type`.as('endpoint'),
              'h.handle_type',
              'h.handle',
              sql<Buffer>`${fingerprint}::bytea`.as('fingerprint'),
              'created.id',
            ]),
        ),
    )
    .selectFrom('created')
    .select(['service_request_id', 'service_notice'])
    .executeTakeFirstOrThrow()
  return { ...created, token }
}

/**
 * The first answer to a submission that came with one of the handles; undefined if none did. An Idempotency-Key
 * that came with other arguments is told apart.
 */
export async function findSubmission(
  store: Store,
  { key_id, jurisdiction_id, endpoint, handles, fingerprint }: Omit<SubmitPlan, 'service'>,
): Promise<Submitted | HandleMisused | undefined> {
  const first = await store
    .selectFrom('submission as b')
    .innerJoin('service_request as r', 'r.id', 'b.service_request')
    .leftJoin('token as t', 't.service_request', 'r.id')
    .where('b.key_id', '=', key_id)
    .where('b.jurisdiction_id', '=', jurisdiction_id)
    .where('b.endpoint', '=', endpoint)
    .where((where) => where.or(handles.map((each) => where.and(each))))
    // The stricter handle speaks.
    .orderBy((order) => order('b.handle_type', '=', 'Idempotency-Key'), 'desc')
    .select(['r.service_request_id', 'r.service_notice', 't.token', 'b.handle_type', 'b.fingerprint'])
    .executeTakeFirst()
  if (!first) return undefined
  const { handle_type, fingerprint: seen, ...submitted } = first
  const isOther = handle_type === 'Idempotency-Key' && !fingerprint.equals(Buffer.from(seen))
  return isOther ? 'handle was used for something else' : submitted
}
