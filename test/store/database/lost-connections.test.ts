import { type AddressInfo, connect, createServer } from 'node:net'
import { CompiledQuery, sql } from 'kysely'
import { expect, test } from 'vitest'
import type { QueryOptions, Store } from '../../../src/store/database/database.js'
import { isUnavailable } from '../../../src/store/database/errors.js'
import { openPostgres } from '../../../src/store/database/postgres.js'
import { createPostgresStorage, runOnPostgres } from '../../harness/server-process.js'

const PATIENT = { timeout: 20_000 }

/** A statement that takes a moment, known by a name. */
const named = (): CompiledQuery & QueryOptions => ({
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
    const heard = { event: 0, catalog: 0 }
    for (const channel of ['event', 'catalog'] as const)
      await database.listen(channel, () => {
        heard[channel]++
      })
    const work: ((store: Store) => Promise<unknown>)[] = [
      (store) => sql`select pg_sleep(0.002)`.execute(store),
      (store) => store.executeQuery(named()),
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
    for (const each of work) await expect.poll(() => each(database.store), PATIENT).toBeTruthy()
    for (const channel of ['event', 'catalog'] as const) {
      const before = heard[channel]
      await expect
        .poll(async () => {
          await sql`select pg_notify(${channel}, '')`.execute(database.store)
          return heard[channel]
        }, PATIENT)
        .toBeGreaterThan(before + 1)
    }
    await database.close()
    await storage.remove()
  },
)

/** A way to the database that can fall silent: nothing more comes through, and nobody is told. */
async function openWay(to: URL) {
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
    fallSilent: (silent: boolean) => {
      isSilent = silent
    },
    close: () => server.close(),
  }
}

test.skipIf(!process.env.TEST_DATABASE_URL)(
  'a statement on a dead connection fails soon after its timeout, and later statements succeed',
  async () => {
    const storage = await createPostgresStorage()
    const way = await openWay(new URL(storage.environment.DATABASE_URL!))
    const options = { maxConnections: 2, statementTimeoutMs: 100, onError: () => {} }
    const database = openPostgres({ url: way.url, ...options })
    await Promise.all([1, 2].map(() => database.store.executeQuery(named())))
    way.fallSilent(true)
    const asked = [1, 2].map(() =>
      database.store.executeQuery(named()).catch((error) => isUnavailable(error)),
    )
    expect(await Promise.all(asked)).toEqual([true, true])
    way.fallSilent(false)
    expect((await database.store.executeQuery(named())).rows).toHaveLength(1)
    await database.close()
    way.close()
    await storage.remove()
  },
  PATIENT.timeout,
)
