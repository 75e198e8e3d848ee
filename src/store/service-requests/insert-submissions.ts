import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { Service } from '../../standard/catalog.js'
import { REPORTER_FIELDS } from '../../standard/terms.js'
import type { Store } from '../database/database.js'
import { compileSql, PreparedStatement, param } from '../database/prepared-statement.js'
import type { EndpointScope } from './public-service-requests.js'
import type { SubmitPlan, Submitted } from './submission.js'

/** Parameters of the insert statement: submissions of one endpoint, service and key. */
interface InsertParams extends EndpointScope {
  service: Service
  key_id: number
  records: readonly SubmissionRecord[]
}

const insertParam = <Value>(read: (params: InsertParams) => Value) => param(read)

/** Fields of a submission record, with their SQL types. */
const RECORD_TYPES = {
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
} as const satisfies Record<keyof SubmissionRecord, string>

/**
 * The statement that stores submissions. Only a realtime service gets an id at once (A-23, A-24). The
 * trigger set_derived_columns assigns the agency by service and areas: derive_service_request in
 * migrations/0011-plain-names.sql.
 */
const insertRecords = new PreparedStatement<InsertParams>(
  compileSql(sql`
    with given as materialized (
      select nextval('service_request_id_seq') as id, r.*
        from jsonb_to_recordset(${insertParam(({ records }) => JSON.stringify(records))}::jsonb)
             as r (${sql.join(Object.entries(RECORD_TYPES).map(([name, type]) => sql`${sql.id(name)} ${sql.raw(type)}`))})
    ), scope as (
      select ${insertParam((each) => each.jurisdiction_id)}::text as jurisdiction_id,
             ${insertParam((each) => each.endpoint)}::endpoint_type as endpoint
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
       cross join scope as p
       order by g.number
      returning id, service_request_id
    ), reported as (
      insert into reporter (service_request, ${sql.join(REPORTER_FIELDS.map((name) => sql.id(name)))})
      select g.id, ${sql.join(REPORTER_FIELDS.map((name) => sql`g.reporter ->> ${sql.lit(name)}`))}
        from given as g
       where g.reporter is not null
    ), promised as (
      insert into token (token, service_request) select g.token, g.id from given as g where g.token is not null
    ), handled as (
      insert into submission (key_id, jurisdiction_id, endpoint, handle_type, handle, fingerprint, service_request)
      select ${insertParam((each) => each.key_id)}::integer, p.jurisdiction_id, p.endpoint,
             h.handle_type, h.handle, decode(g.fingerprint, 'hex'), g.id
        from given as g
       cross join scope as p
       cross join jsonb_to_recordset(g.handles) as h (handle_type text, handle text)
       order by h.handle_type, h.handle -- so that no two wait for each other
    )
    select g.id, c.service_request_id, g.token, g.service_notice,
           -- For the events that the database adds when the statement ends.
           set_config('georeport.event', ${insertParam(({ key_id }) => JSON.stringify({ key_id }))}, true) as event_context
      from given as g
      join created as c using (id)
     order by g.number`),
)

/**
 * Stores submissions of one endpoint, service and key in one statement, all or none. Returns a
 * result per submission, in order.
 */
export async function insertSubmissions(
  store: Store,
  plans: readonly SubmitPlan[],
): Promise<InsertedSubmission[]> {
  const { jurisdiction_id, endpoint, service, key_id } = plans[0]!
  const inserted = await insertRecords.run<InsertedSubmission>(store, {
    jurisdiction_id,
    endpoint,
    service,
    key_id,
    records: plans.map(toRecord),
  })
  // A trigger that an operator added may drop rows: then results could not be matched to submissions.
  if (inserted.length !== plans.length)
    throw new Error('the database stored fewer submissions than it was sent')
  return inserted
}

function hasReporter({ reporter }: SubmitPlan): boolean {
  return Object.values(reporter).some((value) => value !== null)
}

/** A-23 */
function needsToken({ service }: SubmitPlan): boolean {
  return service.type === 'batch'
}

type SubmissionRecord = ReturnType<typeof toRecord>

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

export type InsertedSubmission = Submitted & { id: number }
