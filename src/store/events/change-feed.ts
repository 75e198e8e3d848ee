import { sql } from 'kysely'
import type { Datetime } from '../../standard/datetime.js'
import type { EventKind, Telling } from '../../standard/events.js'
import { type Store, unconnected } from '../database/database.js'
import { PreparedStatement, slot } from '../database/prepared-statement.js'
import { notesOf } from '../service-requests/notes.js'
import {
  columnsOf,
  type ExtendedRow,
  IS_PUBLIC,
  type Place,
  publicFields,
} from '../service-requests/public-service-requests.js'

/** A part of a feed: what has a `seq` greater than `after`, at most `limit` of it. */
export interface ChangesPlan extends Place {
  after: number
  limit: number
}

/** Something that was told to the public. */
export interface Change {
  seq: number
  change: Telling
  kind: EventKind
  service_request_id: string
  datetime: Datetime
  told: Datetime
  /** As `event.changes` has them. */
  changes: Readonly<Record<string, unknown>>
  /** As it is now; null: it is not public now. */
  service_request: ExtendedRow | null
}

const NAMES = [...columnsOf(true), 'notes']

// What is not public now never leaves the database.
const shown = publicFields(unconnected, true).where(IS_PUBLIC).select(notesOf('r.id').as('notes'))

const part = new PreparedStatement<ChangesPlan>(
  unconnected
    .selectFrom('event as e')
    .innerJoin('service_request as of', 'of.id', 'e.service_request')
    .leftJoinLateral(shown.where(sql<boolean>`r.id = e.service_request`).as('s'), (join) => join.onTrue())
    .where(
      'e.jurisdiction_id',
      '=',
      slot((plan: ChangesPlan) => plan.jurisdiction_id),
    )
    .where(
      'e.endpoint',
      '=',
      slot((plan: ChangesPlan) => plan.endpoint),
    )
    .where(
      'e.seq',
      '>',
      slot((plan: ChangesPlan) => plan.after),
    )
    .select(['e.seq', 'e.tells', 'e.kind', 'of.service_request_id', 'e.datetime', 'e.told', 'e.changes'])
    .select(NAMES.map((name) => sql.ref(`s.${name}`).as(`now_${name}`)))
    .orderBy('e.seq')
    .limit(sql<number>`${slot((plan: ChangesPlan) => plan.limit)}::bigint`),
  { asArrays: true },
)

type PartRow = [
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
export async function listChanges(store: Store, plan: ChangesPlan): Promise<Change[]> {
  const rows = await part.run<PartRow>(store, plan)
  return rows.map(([seq, change, kind, service_request_id, datetime, told, changes, ...now]) => {
    const row = Object.fromEntries(NAMES.map((name, index) => [name, now[index]])) as ExtendedRow
    const service_request = row.service_request_id === null ? null : row
    return { seq, change, kind, service_request_id, datetime, told, changes, service_request }
  })
}

/** The newest `seq` of each of these places, in their order; 0 where there is none. */
export async function lastSeqs(store: Store, places: readonly Place[]): Promise<number[]> {
  const { rows } = await sql<{ last: number }>`
    select coalesce(n.seq, 0) as last
      from unnest(${places.map((place) => place.jurisdiction_id)}::text[],
                  ${places.map((place) => place.endpoint)}::text[])
           with ordinality as p (jurisdiction_id, endpoint, number)
      left join numbered as n on n.jurisdiction_id = p.jurisdiction_id and n.endpoint = p.endpoint::endpoint_type
     order by p.number`.execute(store)
  return rows.map(({ last }) => Number(last))
}
