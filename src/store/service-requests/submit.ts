import { randomBytes } from 'node:crypto'
import { type RawBuilder, sql } from 'kysely'
import type { Service } from '../../standard/catalog.js'
import type { Datetime } from '../../standard/datetime.js'
import { REPORTER_FIELDS, type Reporter } from '../../standard/terms.js'
import type { Store } from '../database/database.js'
import { isRolledBack, UNIQUE_VIOLATION } from '../database/errors.js'
import { gathered } from '../database/gathered.js'
import { compileSql, PreparedStatement, param } from '../database/prepared-statement.js'
import type { Tables } from '../database/tables.js'
import { attachMedia } from './media.js'
import type { EndpointScope } from './public-service-requests.js'

/** A name under which a client may send the same submission again (A-47). */
export type SubmissionHandle = Pick<Tables['submission'], 'handle_type' | 'handle'>

export interface SubmitPlan extends EndpointScope {
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
  /** Of all that was said, to tell a misused handle. */
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

/**
 * Stores a service request, its reporter, its token and its handles in one statement, and with pictures in one
 * transaction. Should the same submission arrive in this very moment, its answer is given.
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

/** Submissions of one place, service and key, as a statement is given them: never none. */
interface InsertBatch extends EndpointScope {
  service: Service
  key_id: number
  records: readonly [Submission, ...Submission[]]
}

const insertParam = <Value>(read: (insertions: InsertBatch) => Value) => param(read)

/** What the statement knows of each submission, and as what. */
const COLUMNS = {
  number: 'integer',
  service_notice: 'text',
  requested_datetime: 'timestamptz',
  expected_datetime: 'timestamptz',
  lat: 'float8',
  long: 'float8',
  address: 'text',
  address_id: 'text',
  description: 'text',
  media_urls: 'text[]',
  answers: 'jsonb',
  reporter: 'jsonb',
  token: 'text',
  handles: 'jsonb',
  fingerprint: 'text',
} as const satisfies Record<keyof Submission, string>

const columns = Object.entries(COLUMNS) as [keyof Submission, string][]

/** One submission, value by value: reading them from a document costs more. */
const SELECT_ONE = sql`
  select ${sql.join(columns.map(([name, type]) => sql`${insertParam(({ records: [record] }) => encodeValue(record[name], type))}::${sql.raw(type)} as ${sql.id(name)}`))}`

const SELECT_SEVERAL = sql`
  select * from jsonb_to_recordset(${insertParam(({ records }) => JSON.stringify(records))}::jsonb)
             as r (${sql.join(columns.map(([name, type]) => sql`${sql.id(name)} ${sql.raw(type)}`))})`

function encodeValue(value: unknown, type: string): unknown {
  return type === 'jsonb' && value !== null ? JSON.stringify(value) : value
}

/** What some submissions have besides themselves: each has a table of its own. */
const RELATED_INSERTS: readonly { isIn(plan: SubmitPlan): boolean; insertion: RawBuilder<unknown> }[] = [
  {
    isIn: hasReporter,
    insertion: sql`
    reported as (
      insert into reporter (service_request, ${sql.join(REPORTER_FIELDS.map((name) => sql.id(name)))})
      select g.id, ${sql.join(REPORTER_FIELDS.map((name) => sql`g.reporter ->> ${sql.lit(name)}`))}
        from given as g
       where g.reporter is not null
    )`,
  },
  {
    isIn: needsToken,
    insertion: sql`
    promised as (
      insert into token (token, service_request) select g.token, g.id from given as g where g.token is not null
    )`,
  },
  {
    isIn: ({ handles }) => handles.length > 0,
    insertion: sql`
    handled as (
      insert into submission (key_id, jurisdiction_id, endpoint, handle_type, handle, fingerprint, service_request)
      select ${insertParam((each) => each.key_id)}::integer, ${insertParam((each) => each.jurisdiction_id)}::text,
             ${insertParam((each) => each.endpoint)}::endpoint_type, h.handle_type, h.handle, decode(g.fingerprint, 'hex'), g.id
        from given as g, jsonb_to_recordset(g.handles) as h (handle_type text, handle text)
       order by h.handle_type, h.handle -- so that no two wait for each other
    )`,
  },
]

/**
 * The statement that stores submissions, and what they have `besides`: a table that is not needed is not opened. An id comes
 * at once only to those of a realtime service (A-23, A-24). Their agency is found by service and areas: see migrations/0004.
 */
const buildInsert = (submissions: RawBuilder<unknown>, besides: readonly RawBuilder<unknown>[]) =>
  new PreparedStatement<InsertBatch>(
    compileSql(sql`
    with given as materialized (
      select nextval('service_request_id_seq') as id, r.* from (${submissions}) as r
    ), created as (
      insert into service_request (
        id, jurisdiction_id, endpoint, service_request_id, service_code, description, service_notice,
        requested_datetime, updated_datetime, expected_datetime, address, address_id, geom, media_urls, visibility, answers)
      overriding system value
      select g.id, p.jurisdiction_id, p.endpoint,
             case when ${insertParam(({ service }) => service.type === 'realtime')}::boolean
                  then new_service_request_id(p.jurisdiction_id, p.endpoint, g.requested_datetime) end,
             ${insertParam(({ service }) => service.service_code)}, g.description, g.service_notice,
             g.requested_datetime, g.requested_datetime, g.expected_datetime, g.address, g.address_id,
             st_setsrid(st_makepoint(g.long, g.lat), 4326), g.media_urls,
             ${insertParam(({ service }) => service.visibility)}::visibility, g.answers
        from given as g
        cross join (select ${insertParam((each) => each.jurisdiction_id)}::text as jurisdiction_id,
                           ${insertParam((each) => each.endpoint)}::endpoint_type as endpoint) as p
       order by g.number
      returning id, service_request_id
    )${sql.join(
      besides.map((each) => sql`, ${each}`),
      sql``,
    )}
    select g.id, c.service_request_id, g.token, g.service_notice,
           -- For the events that the database adds when the statement ends.
           set_config('georeport.event', ${insertParam(({ key_id }) => JSON.stringify({ key_id }))}, true) as told
      from given as g
      join created as c using (id)
     order by g.number`),
  )

const insertStatements = new Map<string, PreparedStatement<InsertBatch>>()

/** Stores submissions of one place, service and key, all of them or none. */
async function insertBatch(store: Store, plans: readonly SubmitPlan[]): Promise<Inserted[]> {
  const besides = RELATED_INSERTS.filter(({ isIn }) => plans.some(isIn))
  const name = [plans.length === 1, ...besides.map((each) => RELATED_INSERTS.indexOf(each))].join()
  let insertion = insertStatements.get(name)
  if (!insertion) {
    insertion = buildInsert(
      plans.length === 1 ? SELECT_ONE : SELECT_SEVERAL,
      besides.map((each) => each.insertion),
    )
    insertStatements.set(name, insertion)
  }
  const { jurisdiction_id, endpoint, service, key_id } = plans[0]!
  const records = plans.map(toRecord) as [Submission, ...Submission[]]
  const inserted = await insertion.run<Inserted>(store, {
    jurisdiction_id,
    endpoint,
    service,
    key_id,
    records,
  })
  // Whoever keeps rows out, by a trigger of their own: nobody is given the answer of another.
  if (inserted.length !== plans.length) throw new Error('submissions were not stored as they were given')
  return inserted
}

function hasReporter({ reporter }: SubmitPlan): boolean {
  return Object.values(reporter).some((value) => value !== null)
}

/** A-23 */
function needsToken({ service }: SubmitPlan): boolean {
  return service.type === 'batch'
}

type Submission = ReturnType<typeof toRecord>

/** A submission as the statement reads it. */
function toRecord(plan: SubmitPlan, number: number) {
  const { service, requested_datetime, expected_datetime, lat, long, address, address_id, description } = plan
  return {
    number,
    service_notice: service.service_notice,
    requested_datetime,
    expected_datetime,
    lat,
    long,
    address,
    address_id,
    description,
    media_urls: plan.media_urls,
    answers: plan.answers,
    reporter: hasReporter(plan) ? plan.reporter : null,
    token: needsToken(plan) ? randomBytes(16).toString('hex') : null,
    handles: plan.handles,
    fingerprint: plan.fingerprint.toString('hex'),
  }
}

type Inserted = Submitted & { id: number }

/** Submissions in one statement. */
const MAX_BATCH = 100
/** Statements of submissions at once, so that connections are left for others. */
const MAX_CONCURRENT = 8
/** Milliseconds: as long as for a connection. */
const QUEUE_TIMEOUT_MS = 10_000

/** Submissions that come at the same time are stored together: on a day of snow, many are hardly more work than one. */
const insertBatched = gathered(insertBatch, {
  // All that the statement says once for all of them. While a catalog is loaded, services are met as they were and as they are.
  groupOf: ({ jurisdiction_id, endpoint, key_id, service: { service_code, type, visibility } }: SubmitPlan) =>
    JSON.stringify([jurisdiction_id, endpoint, key_id, service_code, type, visibility]),
  // Each waits for the row of its service (see migrations/0005); and nobody for what others send.
  laneOf: ({ jurisdiction_id, endpoint, key_id, service }) =>
    JSON.stringify([jurisdiction_id, endpoint, key_id, service.service_code]),
  claimsOf: ({ handles }) => handles.map(({ handle_type, handle }) => `${handle_type} ${handle}`),
  mayBeDivided: isRolledBack,
  most: MAX_BATCH,
  atOnce: MAX_CONCURRENT,
  patience: QUEUE_TIMEOUT_MS,
})

async function insert(store: Store, plan: SubmitPlan): Promise<Submitted> {
  const { media_ids = [] } = plan
  if (media_ids.length === 0) return toSubmitted(await insertBatched(store, plan))
  return store.transaction().execute(async (transaction) => {
    const [inserted] = await insertBatch(transaction, [plan])
    await attachMedia(transaction, inserted!.id, media_ids)
    return toSubmitted(inserted!)
  })
}

function toSubmitted({ service_request_id, token, service_notice }: Inserted): Submitted {
  return { service_request_id, token, service_notice }
}

/**
 * The first answer to a submission that came with one of the handles (A-47); undefined if none did. An Idempotency-Key
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
