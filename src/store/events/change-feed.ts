import { sql } from 'kysely'
import type { Change, ExtendedServiceRequest } from '../../documents/rows.js'
import { queryBuilder, type Store } from '../database/database.js'
import { PreparedStatement, param } from '../database/prepared-statement.js'
import { selectNotes } from '../service-requests/notes.js'
import {
  type EndpointScope,
  IS_PUBLIC,
  listColumns,
  selectPublicFields,
} from '../service-requests/public-service-requests.js'

/** A page of the feed: up to `limit` changes with a `seq` greater than `after`. */
export interface ChangeFeedPlan extends EndpointScope {
  after: number
  limit: number
}

const COLUMNS = [...listColumns(true), 'notes']

// Data that is not public now never leaves the database.
const publicNow = selectPublicFields(queryBuilder, true)
  .where(IS_PUBLIC)
  .select(selectNotes('r.id').as('notes'))

const feedStatement = new PreparedStatement<ChangeFeedPlan>(
  queryBuilder
    .selectFrom('event as e')
    .innerJoin('service_request as of', 'of.id', 'e.service_request')
    .leftJoinLateral(publicNow.where(sql<boolean>`r.id = e.service_request`).as('s'), (join) => join.onTrue())
    .where(
      'e.jurisdiction_id',
      '=',
      param((plan: ChangeFeedPlan) => plan.jurisdiction_id),
    )
    .where(
      'e.endpoint',
      '=',
      param((plan: ChangeFeedPlan) => plan.endpoint),
    )
    .where(
      'e.seq',
      '>',
      param((plan: ChangeFeedPlan) => plan.after),
    )
    .select([
      'e.seq',
      'e.change_type',
      'e.kind',
      'of.service_request_id',
      'e.datetime',
      'e.published_at',
      'e.changes',
    ])
    .select(COLUMNS.map((name) => sql.ref(`s.${name}`).as(`now_${name}`)))
    .orderBy('e.seq')
    .limit(sql<number>`${param((plan: ChangeFeedPlan) => plan.limit)}::bigint`),
  { asArrays: true },
)

type FeedRow = [
  Change['seq'],
  Change['change_type'],
  Change['kind'],
  Change['service_request_id'],
  Change['datetime'],
  Change['published_at'],
  Change['changes'],
  ...now: unknown[],
]

/** Lists a page of the change feed of an endpoint, in order; empty at its end (EXT-35). */
export async function listChanges(store: Store, plan: ChangeFeedPlan): Promise<Change[]> {
  const rows = await feedStatement.run<FeedRow>(store, plan)
  return rows.map(([seq, change_type, kind, service_request_id, datetime, published_at, changes, ...now]) => {
    const row = Object.fromEntries(COLUMNS.map((name, index) => [name, now[index]])) as ExtendedServiceRequest
    const service_request = row.service_request_id === null ? null : row
    return { seq, change_type, kind, service_request_id, datetime, published_at, changes, service_request }
  })
}

/** Returns the newest `seq` per scope, in order; 0: no change yet. */
export async function findLastSeqs(store: Store, scopes: readonly EndpointScope[]): Promise<number[]> {
  const { rows } = await sql<{ last: number }>`
    select coalesce(n.seq, 0) as last
      from unnest(${scopes.map((scope) => scope.jurisdiction_id)}::text[],
                  ${scopes.map((scope) => scope.endpoint)}::text[])
           with ordinality as p (jurisdiction_id, endpoint, number)
      left join event_sequence as n on n.jurisdiction_id = p.jurisdiction_id and n.endpoint = p.endpoint::endpoint_type
     order by p.number`.execute(store)
  return rows.map(({ last }) => Number(last))
}
