import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Store } from '../../src/store/database/database.js'
import { nextDelivery } from '../../src/store/events/deliveries.js'
import { listDeliveries, pruneDeliveries } from '../../src/store/events/delivery-log.js'
import { leaseWebhooks } from '../../src/store/events/webhook-leases.js'
import { databases, type TestDatabase } from '../harness/databases.js'
import * as town from '../harness/squareton.js'
import { explainStatement } from '../store/list/explain.js'
import { openSquareton } from './squareton.js'

const LEASE_ID = '00000000-0000-4000-8000-000000000000'
const LEASE = { webhook_id: 200, lease_id: LEASE_ID }

/** Frequent queries, and the index that each has to use with 100,000 pending deliveries of 200 webhooks. */
const QUERIES: [name: string, run: (store: Store) => Promise<unknown>, index: string][] = [
  [
    'claim',
    (store) => leaseWebhooks(store, { lease_id: LEASE_ID, limit: 10, leaseMs: 10_000 }),
    'delivery_pending',
  ],
  ['next', (store) => nextDelivery(store, LEASE, 1000), 'delivery_pending'],
  ['log', (store) => listDeliveries(store, 200, { limit: 100 }), 'delivery_pkey'],
  ['dead', (store) => listDeliveries(store, 200, { state: 'dead', limit: 100 }), 'delivery_dead'],
  ['forget', (store) => pruneDeliveries(store, 30), 'delivery_by_end'],
]

describe.each(databases)('$kind', ({ open }) => {
  let database: TestDatabase

  beforeAll(async () => {
    database = await open()
    const { store } = database
    const squareton = await openSquareton(store)
    await sql`
      insert into service_request
        (jurisdiction_id, endpoint, service_request_id, service_code, requested_datetime, updated_datetime)
      select ${town.SQUARETON}, 'production', 'S-' || n, 'POTHOLE', '2026-05-01', '2026-05-01' from generate_series(1, 1000) as n`.execute(
      store,
    )
    await squareton.sequence()
    for (let number = 0; number < 200; number++) await squareton.subscribe()
    await sql`
      insert into delivery (webhook_id, position, event_id, state, ended_at)
      select w.webhook_id, e.position, e.event_id, s.state, case when s.state <> 'pending' then now() end
        from webhook as w, event as e,
             lateral (select case when e.position > 500 then 'pending' when e.position % 100 = 0 then 'dead' else 'delivered' end) as s (state)`.execute(
      store,
    )
    await sql`update webhook set lease_id = ${LEASE_ID}, leased_until = now() + interval '1 hour' where webhook_id = 200`.execute(
      store,
    )
    await sql`analyze`.execute(store)
  })
  afterAll(() => database?.close())

  test.each(QUERIES)(
    'EXT-37 the statement webhooks-%s matches its golden file and uses its index',
    async (name, run, index) => {
      const { readable, plan } = await explainStatement(database, run)
      await expect(readable).toMatchFileSnapshot(`../store/list/sql/webhooks-${name}.sql`)
      expect(plan).toMatch(new RegExp(`(Index Scan|Index Only Scan|Bitmap Index Scan)[^\\n]*\\b${index}\\b`))
      expect(plan).not.toMatch(/Seq Scan on (delivery|event|service_request)\b/)
    },
  )
})
