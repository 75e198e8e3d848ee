import { type RawBuilder, sql } from 'kysely'
import type { ExtendedServiceRequest } from '../../documents/rows.js'
import type { Datetime } from '../../standard/datetime.js'
import type { ChangeType, EventKind } from '../../standard/events.js'
import type { Status, Visibility } from '../../standard/terms.js'
import type { DeliveryState, WebhookForm } from '../../standard/webhooks.js'
import { queryBuilder, type Store } from '../database/database.js'
import { PreparedStatement, param } from '../database/prepared-statement.js'
import { selectNotes } from '../service-requests/notes.js'
import { type EndpointScope, selectPublicFields } from '../service-requests/public-service-requests.js'

/** A webhook that a worker sends for; see migrations/0007. */
export interface Target extends EndpointScope {
  webhook_id: number
  url: string
  form: WebhookForm
  sees_private: boolean
  secret: string | null
  target_key: string | null
  target_jurisdiction_id: string | null
}

/** What a target is told of: the event, and its service request as it is now. */
export interface Delivery {
  position: number
  attempts: number
  target: Target
  event: {
    kind: EventKind
    tells: ChangeType | null
    seq: number | null
    datetime: Datetime
    told: Datetime
    /** As the column has them. */
    changes: Readonly<Record<string, unknown>>
    update_id: string
    /** By which its sender knows it; null: it began here, or its sender gave it no id. */
    sent_id: string | null
    status: Status
    detailed_status: string | null
    description: string | null
    media_urls: string[]
  }
  serviceRequest: ExtendedServiceRequest & { visibility: Visibility; service_request_id: string | null }
}

/** Names a claim: of which webhook, and by whom. */
export interface Lease {
  webhook_id: number
  lease_id: string
}

/** So many milliseconds from now. Only the database's clock counts: workers may run on several machines. */
const afterNow = (milliseconds: number): RawBuilder<Datetime> =>
  sql`now() + ${sql.lit(Math.round(milliseconds))} * interval '1 millisecond'`

/**
 * Claims webhooks that have something to send and that nobody else has claimed, at most `most`, those first that have
 * waited longest. A claim ends by itself after `lease` milliseconds, so that what a killed worker left is taken up.
 */
export async function leaseWebhooks(
  store: Store,
  { claim, most, lease }: { claim: string; most: number; lease: number },
): Promise<number[]> {
  const { rows } = await sql<{ webhook_id: number }>`
    with found as (
      select w.webhook_id
        from webhook as w
       where w.paused is null and w.due <= now() and (w.claimed_until is null or w.claimed_until <= now())
         and exists (select from delivery as d where d.webhook_id = w.webhook_id and d.state = 'waiting')
       order by w.due, w.webhook_id
       limit ${most}
         for no key update skip locked
    )
    update webhook as w
       set claim = ${claim}, claimed_until = ${afterNow(lease)}
      from found as f
     where w.webhook_id = f.webhook_id
    returning w.webhook_id`.execute(store)
  return rows.map((row) => row.webhook_id)
}

const EVENT_FIELDS = {
  kind: sql.ref('e.kind'),
  tells: sql.ref('e.tells'),
  seq: sql.ref('e.seq'),
  datetime: sql.ref('e.datetime'),
  update_id: sql.ref('e.update_id'),
  sent_id: sql`(select u.update_id from sent_update as u where u.event_id = e.event_id limit 1)`,
  status: sql.ref('e.status'),
  detailed_status: sql.ref('e.detailed_status'),
  description: sql.ref('e.description'),
  media_urls: sql.ref('e.media_urls'),
  told: sql.ref('e.told'),
  changes: sql.ref('e.changes'),
} satisfies Record<keyof Delivery['event'], RawBuilder<unknown>>

type NextPlan = Lease & { needed: number }

// What decides about the plan is written out: it is made once for all webhooks.
const nextStatement = new PreparedStatement<NextPlan>(
  selectPublicFields(queryBuilder, true)
    .select(['r.visibility', selectNotes('r.id').as('notes')])
    .innerJoin('event as e', 'e.service_request', 'r.id')
    .innerJoin('delivery as d', 'd.event_id', 'e.event_id')
    .innerJoin('webhook as w', 'w.webhook_id', 'd.webhook_id')
    .where(
      'd.webhook_id',
      '=',
      param((plan: NextPlan) => plan.webhook_id),
    )
    .where('d.state', '=', sql.lit('waiting'))
    .where(
      'w.claim',
      '=',
      param((plan: NextPlan) => plan.lease_id),
    )
    .where(
      'w.claimed_until',
      '>=',
      sql<Datetime>`now() + ${param((plan: NextPlan) => plan.needed)}::float8 * interval '1 millisecond'`,
    )
    .where('w.paused', 'is', null)
    .select(['d.position', 'd.attempts'])
    .select(['w.webhook_id', 'w.jurisdiction_id', 'w.endpoint', 'w.url', 'w.form', 'w.sees_private'])
    .select(['w.secret', 'w.target_key', 'w.target_jurisdiction_id'])
    .select(Object.entries(EVENT_FIELDS).map(([name, field]) => field.as(`event_${name}`)))
    .orderBy('d.position')
    .limit(sql.lit(1)),
)

/**
 * The oldest delivery that waits; undefined if there is none, or if the claim is not good for another `needed`
 * milliseconds: the webhook was paused or removed, or somebody else has it by now.
 */
export async function nextDelivery(
  store: Store,
  claim: Lease,
  needed: number,
): Promise<Delivery | undefined> {
  const [found] = await nextStatement.run<FoundRow>(store, { ...claim, needed })
  return found && toDelivery(found)
}

type FoundRow = Target & Pick<Delivery, 'position' | 'attempts'> & Record<string, unknown>

function toDelivery(row: FoundRow): Delivery {
  const { position, attempts, webhook_id, jurisdiction_id, endpoint, url, form, sees_private } = row
  const { secret, target_key, target_jurisdiction_id, ...rest } = row
  const event = Object.fromEntries(Object.keys(EVENT_FIELDS).map((name) => [name, rest[`event_${name}`]]))
  return {
    position,
    attempts,
    target: {
      webhook_id,
      jurisdiction_id,
      endpoint,
      url,
      form,
      sees_private,
      secret,
      target_key,
      target_jurisdiction_id,
    },
    event: event as unknown as Delivery['event'],
    serviceRequest: rest as unknown as Delivery['serviceRequest'],
  }
}

/** What came of an attempt. */
export interface Attempt {
  /** What the delivery is from now on. */
  state: DeliveryState
  /** Of HTTP; null: there was no answer. */
  status: number | null
  error: string | null
  milliseconds: number
  /** Milliseconds in which nothing more is sent to the target. */
  backoffMs: number
  /** Nothing more is sent until somebody resumes it. */
  isPaused: boolean
}

/** Writes down what came of an attempt, and makes the claim last for another `lease` milliseconds. */
export async function recordAttempt(
  store: Store,
  { webhook_id, lease_id }: Lease,
  position: number,
  { state, status, error, milliseconds, backoffMs, isPaused }: Attempt,
  lease: number,
): Promise<void> {
  await sql`
    with tried as (
      update delivery
         set state = ${state}, attempts = attempts + 1, ended = case when ${state} <> 'waiting' then now() end
       where webhook_id = ${webhook_id} and position = ${position} and state = 'waiting'
      returning webhook_id, position
    ), told as (
      insert into delivery_attempt (webhook_id, position, datetime, status, fault, milliseconds)
      select webhook_id, position, now(), ${status}::integer, ${error}::text, ${Math.round(milliseconds)}::integer
        from tried
    )
    update webhook
       set claimed_until = ${afterNow(lease)}, due = ${afterNow(backoffMs)},
           paused = case when ${isPaused}::boolean then now() else paused end
     where webhook_id = ${webhook_id} and claim = ${lease_id}`.execute(store)
}

/** Gives a claim back; others may have the webhook after `rest` milliseconds, or when it is due, if that is later. */
export async function releaseWebhook(
  store: Store,
  { webhook_id, lease_id }: Lease,
  rest: number,
): Promise<void> {
  await store
    .updateTable('webhook')
    .set({ claim: null, claimed_until: null, due: sql`greatest(due, ${afterNow(rest)})` })
    .where('webhook_id', '=', webhook_id)
    .where('claim', '=', lease_id)
    .execute()
}

/** Deliveries that are forgotten in one statement. */
const BATCH_SIZE = 2000

/** Forgets deliveries that ended more than `days` days ago, with their attempts; once stopped, it leaves the rest for another time. */
export async function pruneDeliveries(
  store: Store,
  days: number,
  isStopped: () => boolean = () => false,
): Promise<void> {
  while (!isStopped()) {
    const { numAffectedRows } = await sql`
      delete from delivery
       where (webhook_id, position) in (
         select webhook_id, position from delivery
          where ended < now() - ${days} * interval '1 day'
          order by ended
          limit ${sql.lit(BATCH_SIZE)})`.execute(store)
    if (Number(numAffectedRows) < BATCH_SIZE) return
  }
}
