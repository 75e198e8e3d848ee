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

/** A part of a feed: what has a `seq` greater than `after`, at most `limit` of it. */
export interface ChangeFeedPlan extends EndpointScope {
  after: number
  limit: number
}

const COLUMNS = [...listColumns(true), 'notes']

// What is not public now never leaves the database.
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
    .select(['e.seq', 'e.tells', 'e.kind', 'of.service_request_id', 'e.datetime', 'e.told', 'e.changes'])
    .select(COLUMNS.map((name) => sql.ref(`s.${name}`).as(`now_${name}`)))
    .orderBy('e.seq')
    .limit(sql<number>`${param((plan: ChangeFeedPlan) => plan.limit)}::bigint`),
  { asArrays: true },
)

type FeedRow = [
  Change['seq'],
  Change['change'],
  Change['kind'],
  Change['service_request_id'],
  Change['datetime'],
  Change['told'],
  Change['changes'],
  ...now: unknown[],
]

/** A part of the feed of a jurisdiction and endpoint, in order; empty at its end. */
export async function listChanges(store: Store, plan: ChangeFeedPlan): Promise<Change[]> {
  const rows = await feedStatement.run<FeedRow>(store, plan)
  return rows.map(([seq, change, kind, service_request_id, datetime, told, changes, ...now]) => {
    const row = Object.fromEntries(COLUMNS.map((name, index) => [name, now[index]])) as ExtendedServiceRequest
    const service_request = row.service_request_id === null ? null : row
    return { seq, change, kind, service_request_id, datetime, told, changes, service_request }
  })
}

/** The newest `seq` of each of these places, in their order; 0 where there is none. */
export async function findLastSeqs(store: Store, places: readonly EndpointScope[]): Promise<number[]> {
  const { rows } = await sql<{ last: number }>`
    select coalesce(n.seq, 0) as last
      from unnest(${places.map((place) => place.jurisdiction_id)}::text[],
                  ${places.map((place) => place.endpoint)}::text[])
           with ordinality as p (jurisdiction_id, endpoint, number)
      left join numbered as n on n.jurisdiction_id = p.jurisdiction_id and n.endpoint = p.endpoint::endpoint_type
     order by p.number`.execute(store)
  return rows.map(({ last }) => Number(last))
}
