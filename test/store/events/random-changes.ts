import { sql } from 'kysely'
import type { Store } from '../../../src/store/database/database.js'
import type { EventContext } from '../../../src/store/database/event-context.js'
import { writeChange } from '../../../src/store/service-requests/locked-service-request.js'
import { NOW, storeTown } from '../../harness/stored-squareton.js'
import type { Columns } from '../service-requests/change-service-request.js'
import { readFeed, readPublic } from './feed-copy.js'

/** A text in all private fields, also of public service requests. */
export const SECRET = 'planted'
export const SECRET_LAT = 51.987654

type Change = [set: Columns, context?: EventContext]
export interface Row {
  id: number
  status: 'open' | 'closed'
  visibility: 'public' | 'moderated' | 'private'
  service_code: string
}

/** Changes of a service request by name; a blurred one has a secret location. */
export const CHANGES: Readonly<Record<string, (row: Row, other: Row) => Change>> = {
  close: () => [{ status: 'closed', detailed_status: 'fixed', status_notes: 'Done.' }],
  reopen: () => [{ status: 'open', detailed_status: null }],
  word: () => [{ status: 'open', detailed_status: 'in_progress' }],
  note: () => [{}, { kind: 'noted', description: 'Seen.' }],
  show: () => [{ media_urls: ['https://city.example/1.jpg'] }],
  assign: () => [{ agency_responsible: 'Bridges' }],
  answer: () => [{ answers: { WORDS: [SECRET] } }],
  address: ({ service_code }) => [{ address: service_code === 'HOME' ? `1 ${SECRET} St` : '1 Elm St' }],
  place: ({ service_code }) => [{ geom: createPoint(service_code === 'HOME' ? SECRET_LAT : 52.5) }],
  erase: () => [
    { description: null, status_notes: null, exact_location: null, address: null },
    { kind: 'erased' },
  ],
  redact: () => [{ description: '(removed)' }, { kind: 'redacted' }],
  publish: () => [{ visibility: 'public' }],
  moderate: () => [{ visibility: 'moderated' }],
  hide: () => [{ visibility: 'private' }],
  reclassify: () => [{ service_code: 'CRACK' }],
  watch: () => [{ service_code: 'TIP' }],
  merge: ({ id }, other) => (other.id === id ? [{}] : [{ duplicate_of: other.id, status: 'closed' }]),
  split: () => [{ duplicate_of: null }],
  nothing: () => [{}],
}

const createPoint = (lat: number) => sql`st_setsrid(st_makepoint(11, ${lat}::float8), 4326)`

/** Squareton, with functions that change its service requests and read its change feed. */
export async function openChanges(store: Store) {
  const squareton = await storeTown(store)
  const rows = async () =>
    (
      await sql<Row>`select id, status, visibility, service_code from service_request order by id`.execute(
        store,
      )
    ).rows
  const applyChange = (name: string, row: Row, other = row) => {
    const [set, context] = CHANGES[name]!(row, other)
    return store
      .transaction()
      .execute((transaction) => writeChange(transaction, row, set, { now: NOW, key_id: 1, ...context }))
  }
  const readAllEntries = async () => {
    await squareton.sequence()
    return readFeed(store, squareton.city(), {})
  }
  return {
    ...squareton,
    file: (code: string, fields: Parameters<typeof squareton.file>[1] = {}, at = store) =>
      squareton.file(code, { description: 'deep', ...fields }, at),
    rows,
    applyChange,
    /** Applies changes in order to the first service request; the second one is the other. */
    applyChanges: async (...names: string[]) => {
      const [row, other] = await rows()
      for (const name of names) await applyChange(name, row!, other)
    },
    /** All entries of the feed. */
    readEntries: async () => (await readAllEntries()).entries,
    readLastSeq: async () => (await readAllEntries()).last,
    readPublic: () => readPublic(store, squareton.city()),
    clear: async () => {
      await sql`delete from submission`.execute(store)
      await sql`delete from service_request`.execute(store)
      await sql`delete from event_sequence`.execute(store)
    },
  }
}
