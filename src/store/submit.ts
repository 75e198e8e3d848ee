import { randomBytes } from 'node:crypto'
import { type RawBuilder, sql } from 'kysely'
import type { Service } from '../standard/catalog.js'
import type { Datetime } from '../standard/datetime.js'
import { REPORTER_FIELDS, type Reporter } from '../standard/terms.js'
import { type Store, unconnected } from './database.js'
import { pointOf } from './geometry.js'
import { attachMedia } from './media.js'
import { newServiceRequestId } from './new-id.js'
import { PreparedStatement, slot } from './prepared.js'
import type { Place } from './service-requests.js'
import type { Tables } from './tables.js'

/** A name under which a client may send the same submission again. */
export type SubmissionHandle = Pick<Tables['submission'], 'handle_type' | 'handle'>

export interface SubmitPlan extends Place {
  service: Service
  requested_datetime: Datetime
  expected_datetime: Datetime | null
  lat: number | null
  long: number | null
  address: string | null
  address_id: string | null
  description: string | null
  media_urls: string[]
  /** Pictures of those that are kept here: they become those of the service request. */
  media_ids?: readonly string[]
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
 * Stores a service request, its reporter, its token and its handles in one statement, and with pictures in one transaction. Should the same submission
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

/** What the statement is given. */
interface Insertion extends SubmitPlan {
  token: string | null
  isReporterKnown: boolean
}

const given = <Value>(read: (insertion: Insertion) => Value) => slot(read)
const place = {
  jurisdiction_id: given((each) => each.jurisdiction_id),
  endpoint: given((each) => each.endpoint),
}

/** The statement for service requests that get their id at once, and for those that do not. */
const insertions = {
  withId: new PreparedStatement<Insertion>(
    insertion(newServiceRequestId({ ...place, now: given((each) => each.requested_datetime) })),
  ),
  withoutId: new PreparedStatement<Insertion>(insertion(null)),
}

function insertion(service_request_id: RawBuilder<string> | null) {
  const now = given((each) => each.requested_datetime)
  return (
    unconnected
      .with('created', (with_) =>
        with_
          .insertInto('service_request')
          .values({
            ...place,
            service_request_id,
            service_code: given((each) => each.service.service_code),
            description: given((each) => each.description),
            agency_responsible: null, // by service and areas: see migrations/0004
            service_notice: given((each) => each.service.service_notice),
            requested_datetime: now,
            updated_datetime: now,
            expected_datetime: given((each) => each.expected_datetime),
            address: given((each) => each.address),
            address_id: given((each) => each.address_id),
            geom: pointOf(
              given((each) => each.lat),
              given((each) => each.long),
            ),
            media_urls: given((each) => each.media_urls),
            visibility: given((each) => each.service.visibility),
            answers: given((each) => JSON.stringify(each.answers) as never),
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
              .where(sql<boolean>`${given((each) => each.isReporterKnown)}::boolean`, '=', true)
              .select([
                'id',
                ...REPORTER_FIELDS.map((name) =>
                  sql<string | null>`${given((each) => each.reporter[name])}::text`.as(name),
                ),
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
              .where(sql<string | null>`${given((each) => each.token)}::text`, 'is not', null)
              .select([sql<string>`${given((each) => each.token)}::text`.as('token'), 'id']),
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
                sql<SubmissionHandle>`unnest(
                ${given((each) => each.handles.map(({ handle_type }) => handle_type))}::text[],
                ${given((each) => each.handles.map(({ handle }) => handle))}::text[])`.as<'h'>(
                  sql`h (handle_type, handle)`,
                ),
                (join) => join.onTrue(),
              )
              .select([
                sql<number>`${given((each) => each.key_id)}::integer`.as('key_id'),
                sql<string>`${place.jurisdiction_id}::text`.as('jurisdiction_id'),
                sql<Place['endpoint']>`${place.endpoint}::endpoint_type`.as('endpoint'),
                'h.handle_type',
                'h.handle',
                sql<Buffer>`${given((each) => each.fingerprint)}::bytea`.as('fingerprint'),
                'created.id',
              ]),
          ),
      )
      .selectFrom('created')
      .select(['id', 'service_request_id', 'service_notice'])
      // For the event that the database adds when the statement ends.
      .select(
        sql`set_config('georeport.event', ${given((each) => JSON.stringify({ key_id: each.key_id }))}, true)`.as(
          'told',
        ),
      )
  )
}

async function insert(store: Store, plan: SubmitPlan): Promise<Submitted> {
  const { media_ids = [] } = plan
  if (media_ids.length === 0) return (await insertOne(store, plan)).submitted
  return store.transaction().execute(async (transaction) => {
    const { id, submitted } = await insertOne(transaction, plan)
    await attachMedia(transaction, id, media_ids)
    return submitted
  })
}

async function insertOne(store: Store, plan: SubmitPlan): Promise<{ id: number; submitted: Submitted }> {
  const { type } = plan.service
  const token = type === 'batch' ? randomBytes(16).toString('hex') : null
  const isReporterKnown = Object.values(plan.reporter).some((value) => value !== null)
  const statement = type === 'realtime' ? insertions.withId : insertions.withoutId
  const [created] = await statement.run<Omit<Submitted, 'token'> & { id: number }>(store, {
    ...plan,
    token,
    isReporterKnown,
  })
  const { id, service_request_id, service_notice } = created!
  return { id, submitted: { service_request_id, service_notice, token } }
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
