import { describe, expect, test } from 'vitest'
import {
  georeport,
  runOnPostgres,
  type ServerProcess,
  type Storage,
  startServer,
  storages,
} from '../harness/server-process.js'
import { createKillableTarget } from '../webhooks/killable-target.js'

const AT = { jurisdiction_id: 'harbourview.example', service_code: 'POTHOLE' }
const SETTINGS = {
  DEMO: 'false',
  WEBHOOK_ALLOW_PRIVATE: 'true',
  WEBHOOK_TIMEOUT: '500',
  WEBHOOK_RETRY_AFTER: '20',
  // No delivery becomes a dead letter, however long the target is away.
  WEBHOOK_ATTEMPTS: '100',
}

/** Files service requests, ignoring errors, until the returned function is called. */
function startFiling(origin: () => string, key: string) {
  let isRunning = true
  const client = async (name: number) => {
    for (let number = 0; isRunning; number++) {
      const body = new URLSearchParams({ ...AT, api_key: key, address_string: `Quay ${name}-${number}` })
      const response = await fetch(`${origin()}/open311/v2/requests.json`, { method: 'POST', body }).catch(
        () => null,
      )
      await response?.text().catch(() => null)
      await new Promise((done) => setTimeout(done, 10))
    }
  }
  const running = Promise.all([1, 2].map(client))
  return async () => {
    isRunning = false
    await running
  }
}

const wait = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds))

/** Cuts every connection to the database, as a restart of PostgreSQL does. */
async function cutConnections({ environment }: Storage): Promise<void> {
  const name = new URL(environment.DATABASE_URL!).pathname.slice(1)
  await runOnPostgres(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`)
}

describe.each(storages)('on $kind', ({ kind, create }) => {
  test('EXT-37 every event reaches the target in order although server, target and database connections are killed', async () => {
    const storage = await create()
    const target = await createKillableTarget()
    await target.start()
    let served: ServerProcess = await startServer(storage, SETTINGS)
    await georeport(served.environment, 'load', 'fixtures/two-towns')
    const key = (await georeport(served.environment, 'keys', 'create', '--name', 'k')).out
    const created = await georeport(
      served.environment,
      ...['webhooks', 'create', '--jurisdiction', AT.jurisdiction_id, '--url', target.url],
    )
    expect(created).toMatchObject({ exit: 0, out: expect.stringMatching(/^1\twhsec_/) })
    // With PostgreSQL, a second server that is not killed sends too.
    const second = kind === 'postgres' ? await startServer(storage, SETTINGS) : null

    const stop = startFiling(() => (second ?? served).origin, key)
    await expect
      .poll(async () => (await target.readAccepted()).length, { timeout: 20_000 })
      .toBeGreaterThan(20)
    await target.kill()
    await wait(300)
    await target.start()
    await wait(300)
    if (kind === 'postgres') {
      await served.stop('SIGKILL')
      served = await startServer(storage, SETTINGS)
      await wait(300)
      await cutConnections(storage)
      await wait(300)
    }
    await target.kill()
    await served.stop('SIGKILL')
    await target.start()
    served = await startServer(storage, SETTINGS)
    await wait(300)
    await stop()

    const countPending = async () => {
      const { out } = await georeport(
        served.environment,
        ...[
          'sql',
          `select (select count(*) from event where position is null) as unnumbered,
                    (select count(*) from delivery where state = 'pending') as waiting`,
        ],
      )
      return JSON.parse(out)
    }
    await expect.poll(countPending, { timeout: 60_000, interval: 500 }).toEqual({ unnumbered: 0, waiting: 0 })
    const { out } = await georeport(
      served.environment,
      ...[
        'sql',
        'select e.seq, r.service_request_id, e.kind, e.update_id from event as e join service_request as r on r.id = e.service_request order by e.seq',
      ],
    )
    const events = out.split('\n').map((line) => Object.values(JSON.parse(line)).map(String))
    expect(events.length).toBeGreaterThan(50)
    const accepted = await target.readAccepted()
    const seqs = accepted.map(([seq]) => Number(seq))
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
    const unique = accepted.filter(([seq], index) => seq !== accepted[index - 1]?.[0])
    expect(unique).toEqual(events)
    // The kills caused repeated deliveries.
    expect(accepted.length).toBeGreaterThan(unique.length)

    await served.stop()
    await second?.stop()
    await target.remove()
    await storage.remove()
  })
})
