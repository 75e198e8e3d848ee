import { type AddressInfo, connect, createServer } from 'node:net'
import { CompiledQuery, sql } from 'kysely'
import { expect, test } from 'vitest'
import type { QueryOptions, Store } from '../../../src/store/database/database.js'
import { isUnavailable } from '../../../src/store/database/errors.js'
import { openPostgres } from '../../../src/store/database/postgres.js'
import { createPostgresStorage, runOnPostgres } from '../../harness/server-process.js'

const POLL_OPTIONS = { timeout: 20_000 }

/** A prepared statement that takes 2 ms. */
const createStatement = (): CompiledQuery & QueryOptions => ({
  ...CompiledQuery.raw('select pg_sleep(0.002)'),
  name: 'slow',
})

test.skipIf(!process.env.TEST_DATABASE_URL)(
  'statements and notifications work again after all connections were cut',
  async () => {
    const storage = await createPostgresStorage()
    const lost: Error[] = []
    const database = openPostgres({
      url: storage.environment.DATABASE_URL!,
      maxConnections: 4,
      statementTimeoutMs: 5000,
      onError: (error) => lost.push(error),
    })
    const received = { event: 0, catalog: 0 }
    for (const channel of ['event', 'catalog'] as const)
      await database.listen(channel, () => {
        received[channel]++
      })
    const work: ((store: Store) => Promise<unknown>)[] = [
      (store) => sql`select pg_sleep(0.002)`.execute(store),
      (store) => store.executeQuery(createStatement()),
      (store) =>
        store.transaction().execute((transaction) => sql`select pg_sleep(0.002)`.execute(transaction)),
    ]
    let isRunning = true
    const failed: unknown[] = []
    const workers = work
      .flatMap((each) => [each, each])
      .map(async (each) => {
        while (isRunning) await each(database.store).catch((error) => failed.push(error))
      })
    const name = new URL(storage.environment.DATABASE_URL!).pathname.slice(1)
    for (let cut = 0; cut < 8; cut++) {
      await new Promise((done) => setTimeout(done, 40))
      await runOnPostgres(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`)
    }
    isRunning = false
    await Promise.all(workers)
    expect(failed.length).toBeGreaterThan(0)
    expect(lost.length).toBeGreaterThan(0)
    for (const each of work) await expect.poll(() => each(database.store), POLL_OPTIONS).toBeTruthy()
    for (const channel of ['event', 'catalog'] as const) {
      const before = received[channel]
      await expect
        .poll(async () => {
          await sql`select pg_notify(${channel}, '')`.execute(database.store)
          return received[channel]
        }, POLL_OPTIONS)
        .toBeGreaterThan(before + 1)
    }
    await database.close()
    await storage.remove()
  },
)

/** A TCP proxy to the database that can drop all data without closing its connections. */
async function startProxy(to: URL) {
  let isSilent = false
  const server = createServer((client) => {
    const end = connect(Number(to.port), to.hostname)
    client.on('data', (bytes) => isSilent || end.write(bytes))
    end.on('data', (bytes) => isSilent || client.write(bytes))
    for (const [one, other] of [
      [client, end],
      [end, client],
    ] as const) {
      one.on('error', () => {})
      one.on('close', () => other.destroy())
    }
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const url = new URL(to)
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.href,
    setSilent: (value: boolean) => {
      isSilent = value
    },
    close: () => server.close(),
  }
}

test.skipIf(!process.env.TEST_DATABASE_URL)(
  'a statement on a dead connection fails soon after its timeout, and later statements succeed',
  async () => {
    const storage = await createPostgresStorage()
    const proxy = await startProxy(new URL(storage.environment.DATABASE_URL!))
    const options = { maxConnections: 2, statementTimeoutMs: 100, onError: () => {} }
    const database = openPostgres({ url: proxy.url, ...options })
    await Promise.all([1, 2].map(() => database.store.executeQuery(createStatement())))
    proxy.setSilent(true)
    const results = [1, 2].map(() =>
      database.store.executeQuery(createStatement()).catch((error) => isUnavailable(error)),
    )
    expect(await Promise.all(results)).toEqual([true, true])
    proxy.setSilent(false)
    expect((await database.store.executeQuery(createStatement())).rows).toHaveLength(1)
    await database.close()
    proxy.close()
    await storage.remove()
  },
  POLL_OPTIONS.timeout,
)
