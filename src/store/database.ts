import { Kysely, PostgresDialect, type PostgresPool } from 'kysely'
import type { Tables } from './tables.js'

/** What store functions speak to: a database, or a transaction on it. */
export type Store = Kysely<Tables>

/** One session of a database, kept from `open` to `release`. */
export interface Session {
  query(sql: string, parameters?: readonly unknown[]): Promise<{ rows: unknown[] }>
  /** Runs several statements, without parameters and results. */
  script(sql: string): Promise<void>
  release(): void
}

/** PostgreSQL with PostGIS, embedded or a server: the same SQL, the same answers. */
export interface Database {
  kind: 'embedded' | 'postgres'
  store: Store
  open(): Promise<Session>
  /** Calls `heard` at every NOTIFY on `channel`, and whenever one may have been missed. */
  listen(channel: string, heard: () => void): Promise<void>
  close(): Promise<void>
}

/** Kysely over any pool that looks like that of `pg`. */
export function storeOver(pool: PostgresPool): Store {
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
}

/**
 * A `timestamptz` as both databases print it in UTC (`2026-03-02 18:05:11+00`) in the form of GR-DT-02. No Date objects:
 * what is read is what is sent.
 */
export function datetimeFromText(text: string): string {
  return `${text.slice(0, 10)}T${text.slice(11, 19)}Z`
}

/** OIDs of the types that both drivers are told how to read. */
export const TIMESTAMPTZ = 1184
export const INT8 = 20
