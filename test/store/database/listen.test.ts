import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openPostgres } from '../../../src/store/database/postgres.js'
import { createPostgresStorage, type Storage } from '../../harness/server-process.js'

describe.skipIf(!process.env.TEST_DATABASE_URL)('postgres', () => {
  let storage: Storage
  const open = () =>
    openPostgres({
      url: storage.environment.DATABASE_URL!,
      maxConnections: 2,
      statementTimeoutMs: 20_000,
      onError: () => {},
    })
  const listeners = `from pg_stat_activity where datname = current_database() and query like 'listen %'`

  beforeAll(async () => {
    storage = await createPostgresStorage()
  })
  afterAll(() => storage?.remove())

  test('listeners receive notifications again after their connections were lost, and close ends all connections', async () => {
    const database = open()
    const other = open()
    const received: string[] = []
    const channels = ['one', 'two']
    for (const channel of channels) await database.listen(channel, () => received.push(channel))
    const expectAll = async () => {
      received.length = 0
      await expect
        .poll(
          async () => {
            for (const channel of channels) await sql`select pg_notify(${channel}, '')`.execute(other.store)
            return [...new Set(received)].sort()
          },
          { timeout: 30_000 },
        )
        .toEqual(channels)
    }
    const count = async () =>
      Number(
        (await sql<{ n: number }>`select count(*) as n ${sql.raw(listeners)}`.execute(other.store)).rows[0]!
          .n,
      )
    await expectAll()
    await sql`select pg_terminate_backend(pid) ${sql.raw(listeners)}`.execute(other.store)
    await expectAll()
    expect(await count()).toBe(2)
    await database.close()
    await expect.poll(count, { timeout: 30_000 }).toBe(0)
    await other.close()
  })
})
