import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MIGRATIONS } from '../../../src/paths.js'
import { createKey } from '../../../src/store/catalog/api-keys.js'
import { loadCatalog } from '../../../src/store/catalog/load-catalog.js'
import type { Database } from '../../../src/store/database/database.js'
import { openEmbedded } from '../../../src/store/database/embedded.js'
import { migrate, readMigrations } from '../../../src/store/database/migrate.js'
import { openPostgres } from '../../../src/store/database/postgres.js'
import { sequenceEvents } from '../../../src/store/events/sequence-events.js'
import { createTestApp } from '../../harness/app.js'
import { createPostgresStorage } from '../../harness/server-process.js'
import { PRODUCTION } from '../../harness/squareton.js'

// A database of the version before migration 0011, with its data, is migrated and read.

const LAST_BEFORE = 10

const TABLES: Readonly<Record<string, string>> = {
  numbered: 'event_sequence',
  sent_update: 'received_update',
}

const COLUMNS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  api_key: { created: 'created_at', revoked: 'revoked_at' },
  service_request: { words: 'search_vector', exact: 'exact_location' },
  token: { resolved: 'resolved_at' },
  media: { created: 'created_at', forgotten: 'detached_at' },
  area_assignment: { place: 'extent', round: 'generation', done: 'done_id', last: 'last_id' },
  event: { tells: 'change_type', told: 'published_at' },
  webhook: {
    form: 'format',
    sees_private: 'include_private',
    target_key: 'target_api_key',
    created: 'created_at',
    paused: 'paused_at',
    due: 'next_attempt_at',
    claim: 'lease_id',
    claimed_until: 'leased_until',
  },
  delivery: { ended: 'ended_at' },
  delivery_attempt: { fault: 'error', milliseconds: 'duration_ms' },
}

const STATES: Readonly<Record<string, string>> = { waiting: 'pending', void: 'skipped' }

type Row = Record<string, unknown>
type Tables = Record<string, Row[]>

/** Every row of every table. */
async function readTables({ store }: Database): Promise<Tables> {
  const names = await sql<{ name: string }>`
    select table_name as name
      from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE'
       and table_name not in ('migration', 'spatial_ref_sys')
     order by 1`.execute(store)
  const tables: Tables = {}
  for (const { name } of names.rows) {
    const { rows } = await sql<{ row: Row }>`select to_jsonb(t) as row from ${sql.table(name)} as t`.execute(
      store,
    )
    tables[name] = rows.map(({ row }) => row)
  }
  return tables
}

function rename(values: Row, names: Readonly<Record<string, string>> = {}): Row {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [names[name] ?? name, value]))
}

function expectedRow(table: string, row: Row): Row {
  const renamed = rename(row, COLUMNS[table])
  if (table === 'delivery') renamed.state = STATES[String(row.state)] ?? row.state
  // Texts of responses are deleted: only our own error codes stay.
  if (table === 'delivery_attempt' && row.status !== null) renamed.error = null
  if (table === 'event') renamed.changes = rename(row.changes as Row, { exact: 'exact_location' })
  return renamed
}

/** Rows in an order of their own: tables have none. */
function sortRows(tables: Tables): Tables {
  const asText = (row: Row) => JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)))
  return Object.fromEntries(
    Object.entries(tables).map(([name, rows]) => [
      name,
      [...rows].sort((a, b) => (asText(a) < asText(b) ? -1 : 1)),
    ]),
  )
}

async function openEmpty(kind: Database['kind']): Promise<Database> {
  if (kind === 'embedded') {
    const directory = await mkdtemp(join(tmpdir(), 'migrate-'))
    const cacheDirectory = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'georeport')
    const database = await openEmbedded({ directory, cacheDirectory, onProgress: () => {} })
    const close = async () => {
      await database.close()
      await rm(directory, { recursive: true })
    }
    return { ...database, close }
  }
  const storage = await createPostgresStorage()
  const url = storage.environment.DATABASE_URL!
  const database = openPostgres({ url, maxConnections: 2, statementTimeoutMs: 20_000, onError: () => {} })
  const close = async () => {
    await database.close()
    await storage.remove()
  }
  return { ...database, close }
}

const kinds: readonly Database['kind'][] = process.env.TEST_DATABASE_URL
  ? ['embedded', 'postgres']
  : ['embedded']

describe.each(kinds)('%s', (kind) => {
  let database: Database
  let before: Tables
  let after: Tables

  beforeAll(async () => {
    database = await openEmpty(kind)
    const migrations = await readMigrations(MIGRATIONS)
    await migrate(database, migrations.slice(0, LAST_BEFORE))
    const session = await database.open()
    // As a dump is restored: triggers would record the rows as new events.
    await session.script('set session_replication_role = replica')
    await session.script(await readFile(new URL('./version-0010.sql', import.meta.url), 'utf8'))
    await session.script('reset session_replication_role')
    session.release()
    before = await readTables(database)
    const applied = await migrate(database, migrations)
    expect(applied).toEqual(migrations.slice(LAST_BEFORE).map(({ name }) => name))
    after = await readTables(database)
  })
  afterAll(() => database?.close())

  test('the data has rows in every table, deliveries in every state, and a blurred location that changed', () => {
    for (const [name, rows] of Object.entries(before)) expect(rows.length, name).toBeGreaterThan(0)
    const states = new Set(before.delivery!.map((row) => row.state))
    expect([...states].sort()).toEqual(['dead', 'delivered', 'void', 'waiting'])
    expect(before.event!.some((row) => 'exact' in (row.changes as Row))).toBe(true)
  })

  test('every row is there under the new names', () => {
    const expected = Object.entries(before).map(([table, rows]) => [
      TABLES[table] ?? table,
      rows.map((row) => expectedRow(table, row)),
    ])
    expect(sortRows(after)).toEqual(sortRows(Object.fromEntries(expected)))
  })

  test('the server reads it, and goes on', async () => {
    const { store } = database
    const now = '2026-12-01T00:00:00Z'
    const key = await createKey(store, {
      name: 'new',
      jurisdiction_id: null,
      scopes: ['manage', 'read_private'],
      now,
    })
    while ((await sequenceEvents(store)) > 0);
    const catalog = await loadCatalog(store)
    const app = createTestApp(database, () => catalog, {
      limits: { listDays: 1000, listRows: 1000, tokenDays: 90, waitSeconds: 0 },
    })
    // biome-ignore lint/suspicious/noExplicitAny: the assertions below state its shape
    const read = async (path: string): Promise<any> => {
      const response = await app.request(`http://localhost${path}`, {
        headers: { authorization: `Bearer ${key}` },
      })
      const text = await response.text()
      expect(response.status, text).toBe(200)
      return JSON.parse(text)
    }

    const list = await read(
      '/open311/v2/requests.json?start_date=2025-11-01T00:00:00Z&end_date=2027-01-01T00:00:00Z',
    )
    const ids = list.map((each: { service_request_id: string }) => each.service_request_id)
    const publicRows = before.service_request!.filter(
      (row) => row.visibility === 'public' && row.service_request_id !== null,
    )
    expect(ids.sort()).toEqual(publicRows.map((row) => row.service_request_id).sort())

    const hole = publicRows.find((row) => row.description === 'A deep hole, größer')!
    expect((await read(`/open311/v2/requests/${hole.service_request_id}.json`))[0]).toMatchObject({
      description: 'A deep hole, größer',
      status: 'closed',
    })
    const matching = await read(
      `/open311/v2/requests.json?q=deep&start_date=2025-11-01T00:00:00Z&end_date=2027-01-01T00:00:00Z`,
    )
    expect(matching).toHaveLength(1)

    const changes = await read('/open311/v2/changes.json?after=0&limit=100')
    const changeTypes = new Set(changes.map((each: { change_type: string }) => each.change_type))
    expect([...changeTypes].sort()).toEqual(['change', 'create', 'tombstone'])

    const home = publicRows.find((row) => row.exact !== null)!
    expect(await read(`/city/v1/requests/${home.service_request_id}`)).toMatchObject({
      address: null,
      exact_location: { address: '7 Elm St', lat: 52.3, long: 10.9 },
    })
    const { webhooks } = await read('/city/v1/webhooks')
    expect(webhooks).toMatchObject([
      { format: 'standard', include_private: true, paused_at: null, dead: 1 },
      { format: 'standard', service_codes: ['POTHOLE'], paused_at: '2026-01-05T12:00:00Z' },
      { format: 'fixmystreet', target_jurisdiction_id: 'target.example' },
      { format: 'standard', service_request_id: hole.service_request_id },
    ])
    const waiting = before.delivery!.filter((row) => row.webhook_id === 1 && row.state === 'waiting').length
    // One event was not sequenced before the migration.
    expect(webhooks[0].pending).toBe(waiting + 1)
    const { rows } = await sql<{ last: number }>`
      select position as last
        from event_sequence
       where jurisdiction_id = ${PRODUCTION.jurisdiction_id} and endpoint = 'production'`.execute(store)
    expect(Number(rows[0]!.last)).toBe(before.event!.length)
  })
})
