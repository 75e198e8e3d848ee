import { batchWrites } from '../database/batch-writes.js'
import type { Store } from '../database/database.js'
import { isRolledBack, UNIQUE_VIOLATION } from '../database/errors.js'
import { type InsertedSubmission, insertSubmissions } from './insert-submissions.js'
import { attachMedia } from './media.js'
import type { SubmitPlan, Submitted } from './submission.js'

/** An Idempotency-Key was reused with other arguments. */
export type HandleMisused = 'handle was used for something else'

const MAX_ATTEMPTS = 3

/**
 * Stores a service request with its reporter, token and handles in one statement; with images in
 * one transaction. Returns the first result if the same submission arrives twice at once.
 */
export async function submit(store: Store, plan: SubmitPlan): Promise<Submitted | HandleMisused> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await insert(store, plan)
    } catch (error) {
      if ((error as { code?: string }).code !== UNIQUE_VIOLATION) throw error
      // The same submission arrived twice at once, or an import used the new id.
      const first = plan.handles.length > 0 ? await findSubmission(store, plan) : undefined
      if (first) return first
      if (attempt === MAX_ATTEMPTS) throw error
    }
  }
}

const MAX_BATCH = 100
/** Batches at once; leaves connections for other statements. */
const MAX_CONCURRENT_BATCHES = 8
/** The same as for a database connection. */
const QUEUE_TIMEOUT_MS = 10_000

/** Group commit of concurrent submissions, for bursts. */
const insertBatched = batchWrites(insertSubmissions, {
  // A batch locks the row of its service (derive_service_request in migrations/0011-plain-names.sql).
  queueKey: ({ jurisdiction_id, endpoint, key_id, service }: SubmitPlan) =>
    JSON.stringify([jurisdiction_id, endpoint, key_id, service.service_code]),
  // The parameters that a batch shares. During a reload of the catalog, a service occurs in its old
  // and its new version.
  groupKey: ({ jurisdiction_id, endpoint, key_id, service: { service_code, type, visibility } }) =>
    JSON.stringify([jurisdiction_id, endpoint, key_id, service_code, type, visibility]),
  exclusiveKeys: ({ handles }) => handles.map(({ handle_type, handle }) => `${handle_type} ${handle}`),
  canDivide: isRolledBack,
  maxBatch: MAX_BATCH,
  concurrency: MAX_CONCURRENT_BATCHES,
  queueTimeout: QUEUE_TIMEOUT_MS,
})

async function insert(store: Store, plan: SubmitPlan): Promise<Submitted> {
  const { media_ids = [] } = plan
  if (media_ids.length === 0) return toSubmitted(await insertBatched(store, plan))
  return store.transaction().execute(async (transaction) => {
    const [inserted] = await insertSubmissions(transaction, [plan])
    await attachMedia(transaction, inserted!.id, media_ids)
    return toSubmitted(inserted!)
  })
}

function toSubmitted({ service_request_id, token, service_notice }: InsertedSubmission): Submitted {
  return { service_request_id, token, service_notice }
}

/**
 * The result of an earlier submission with one of the handles; undefined if there is none;
 * `HandleMisused` if an Idempotency-Key was reused with other arguments.
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
    // The stricter handle takes precedence.
    .orderBy((order) => order('b.handle_type', '=', 'Idempotency-Key'), 'desc')
    .select(['r.service_request_id', 'r.service_notice', 't.token', 'b.handle_type', 'b.fingerprint'])
    .executeTakeFirst()
  if (!first) return undefined
  const { handle_type, fingerprint: firstFingerprint, ...submitted } = first
  const isMisused = handle_type === 'Idempotency-Key' && !fingerprint.equals(Buffer.from(firstFingerprint))
  return isMisused ? 'handle was used for something else' : submitted
}
