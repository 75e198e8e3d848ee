import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readCityFolders } from '../../../src/catalog/read-city-folder.js'
import { toQueryCircle } from '../../../src/standard/geography.js'
import { writeCities } from '../../../src/store/catalog/write-city.js'
import type { Store } from '../../../src/store/database/database.js'
import { listEventsAfter } from '../../../src/store/events/audit-trail.js'
import { listChanges } from '../../../src/store/events/change-feed.js'
import { listServiceRequestUpdates } from '../../../src/store/events/list-updates.js'
import { sequenceEvents } from '../../../src/store/events/sequence-events.js'
import { listServiceRequests } from '../../../src/store/list/list-service-requests.js'
import { findCachedServiceRequests, resetRowCache } from '../../../src/store/list/row-cache.js'
import {
  type FullListPlan,
  listFullServiceRequests,
} from '../../../src/store/service-requests/list-full-service-requests.js'
import {
  findServiceRequest,
  findServiceRequests,
} from '../../../src/store/service-requests/public-service-requests.js'
import { exchangeToken, listPendingTokensInScope } from '../../../src/store/service-requests/tokens.js'
import { databases, type TestDatabase } from '../../harness/databases.js'
import { explainStatement } from './explain.js'
import { createListPlan } from './list-rows.js'

const AT = { jurisdiction_id: 'harbourview.example', endpoint: 'production' } as const
const LIST = createListPlan({ ...AT, start: '2026-03-01T00:00:00Z' })

/** Every query of a read, and the index that it has to use. */
const QUERIES: [
  name: string,
  run: (store: Store) => Promise<unknown>,
  index: string,
  order: 'sort' | 'no sort',
][] = [
  ['list-latest', (store) => listServiceRequests(store, LIST), 'service_request_newest', 'no sort'],
  [
    'list-service-status-dates',
    (store) =>
      listServiceRequests(store, {
        ...LIST,
        service_codes: ['POTHOLE'],
        statuses: ['open'],
        end: '2026-05-30T00:00:00Z',
      }),
    'service_request_newest_of_service',
    'no sort',
  ],
  [
    'list-near',
    (store) => {
      const near = toQueryCircle({ lat: 43.72, long: -70.2, radius: 100 })
      return listServiceRequests(store, { ...LIST, circle: near, rows: 50 })
    },
    'service_request_newest_near',
    'sort',
  ],
  [
    'list-near-in-a-common-place',
    (store) => {
      const near = toQueryCircle({ lat: 43.7, long: -70.2, radius: 2000 })
      return listServiceRequests(store, { ...LIST, circle: near, rows: 50 })
    },
    'service_request_newest',
    'no sort',
  ],
  [
    'list-after-a-cursor',
    (store) => {
      const after = { at: '2025-06-01T00:00:00Z', service_request_id: 'S-9000' }
      return listServiceRequests(store, { ...LIST, start: null, after, rows: 100 })
    },
    'service_request_newest',
    'no sort',
  ],
  [
    'list-changed-after-a-cursor',
    (store) => {
      const order = { by: 'updated_datetime', direction: 'desc' } as const
      const after = { at: '2025-06-01T00:00:00Z', service_request_id: 'S-9000' }
      return listServiceRequests(store, { ...LIST, start: null, order, after, rows: 100 })
    },
    'service_request_by_update',
    'no sort',
  ],
  [
    'list-changes',
    (store) => {
      const order = { by: 'updated_datetime', direction: 'asc' } as const
      return listServiceRequests(store, {
        ...LIST,
        start: null,
        updated_after: '2026-05-30T00:00:00Z',
        order,
        rows: 100,
      })
    },
    'service_request_by_update',
    'no sort',
  ],
  [
    'list-ids',
    (store) => findServiceRequests(store, { ...AT, service_request_ids: ['S-1', 'S-2'] }),
    'service_request_by_id',
    'sort',
  ],
  [
    'one',
    (store) => findServiceRequest(store, { ...AT, service_request_id: 'S-1' }),
    'service_request_by_id',
    'no sort',
  ],
  [
    'name-by-id',
    (store) => {
      resetRowCache(store, 10)
      return findCachedServiceRequests(store, { ...AT, service_request_ids: ['unknown'] })
    },
    'service_request_by_id',
    'no sort',
  ],
  [
    'names-by-ids',
    (store) => {
      resetRowCache(store, 10)
      return findCachedServiceRequests(store, { ...AT, service_request_ids: ['unknown', 'as this'] })
    },
    'service_request_by_id',
    'sort',
  ],
  [
    'one-extended',
    (store) => findServiceRequest(store, { ...AT, service_request_id: 'S-1', isExtended: true }),
    'service_request_by_id',
    'sort',
  ],
  [
    'list-detailed-status-extended',
    (store) => {
      const fields = { detailed_statuses: ['planned'], isExtended: true }
      return listServiceRequests(store, { ...LIST, ...fields, start: null, rows: 100 })
    },
    'service_request_newest_of_detailed_status',
    'sort',
  ],
  ['changes', (store) => listChanges(store, { ...AT, after: 12_000, limit: 100 }), 'event_by_seq', 'sort'],
  [
    'updates-of-one',
    (store) => listServiceRequestUpdates(store, { ...AT, service_request_id: 'S-1', before: null }),
    'event_of_service_request',
    'sort',
  ],
  [
    'token',
    (store) => exchangeToken(store, { ...AT, token: 'x'.repeat(22), resolvedSince: '2026-01-01T00:00:00Z' }),
    'token_pkey',
    'no sort',
  ],
  [
    'city-queue',
    (store) => listFullServiceRequests(store, { ...FULL_LIST, visibilities: ['moderated'] }),
    'service_request_newest_not_public',
    'sort',
  ],
  ['city-all', (store) => listFullServiceRequests(store, FULL_LIST), 'service_request_newest', 'sort'],
  [
    'city-of-a-person',
    (store) => listFullServiceRequests(store, { ...FULL_LIST, email: 'ada@example.com' }),
    'reporter_by_email',
    'sort',
  ],
  [
    'city-tokens',
    (store) => listPendingTokensInScope(store, { ...AT, after: 1000, rows: 101 }),
    'token_pending',
    'no sort',
  ],
  [
    'city-events',
    (store) => listEventsAfter(store, { ...AT, after: 1000, rows: 100 }),
    'event_by_position',
    'no sort',
  ],
]

const FULL_LIST: FullListPlan = {
  ...AT,
  visibilities: [],
  statuses: [],
  detailed_statuses: [],
  service_codes: [],
  agencies: [],
  email: null,
  direction: 'desc',
  after: { at: '2026-05-01T00:00:00Z', number: 700 },
  rows: 101,
}

describe.each(databases)('$kind', ({ open }) => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await open()
    await writeCities(database.store, await readCityFolders('fixtures/two-towns'), '2026-01-01T00:00:00Z')
    await sql`
      insert into service_request
        (jurisdiction_id, endpoint, service_request_id, service_code, status, requested_datetime, updated_datetime, geom)
      select 'harbourview.example', 'production', 'S-' || n, case when n % 50 = 0 then 'POTHOLE' else 'FERRY' end,
             case when n % 3 = 0 then 'open' else 'closed' end, at, at,
             st_setsrid(st_makepoint(-70.2 + sin(n) / 50, 43.7 + cos(n * 1.7) / 50), 4326)
        from generate_series(1, 20000) as n, lateral (select timestamptz '2026-06-01' - n * interval '1 hour' as at) as t`.execute(
      database.store,
    )
    await sql`insert into token select 'token-of-service-request-' || id, id from service_request limit 5000`.execute(
      database.store,
    )
    await sql`insert into reporter (service_request, email) select id, 'person-' || id || '@example.com' from service_request`.execute(
      database.store,
    )
    await sql`update service_request set visibility = 'moderated' where id % 100 = 0`.execute(database.store)
    while ((await sequenceEvents(database.store)) > 0);
    await sql`analyze`.execute(database.store)
  })
  afterAll(() => database?.close())

  test.each(QUERIES)(
    'the statement %s matches its golden file and uses its index',
    async (name, run, index, sort) => {
      const { readable, plan } = await explainStatement(database, run)
      await expect(readable).toMatchFileSnapshot(`sql/${name}.sql`)
      expect(plan).toMatch(new RegExp(`(Index Scan|Index Only Scan|Bitmap Index Scan).*\\b${index}\\b`))
      expect(plan).not.toMatch(/Seq Scan on (service_request|token)/)
      if (sort === 'no sort') expect(plan).not.toContain('Sort')
    },
  )
})
