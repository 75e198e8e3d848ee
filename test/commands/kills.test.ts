import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { georeport, type Served, type Storage, serveOn } from '../serving.js'
import { newTarget } from '../webhooks/killable-target.js'
import { newCluster } from './cluster.js'

const AT = { jurisdiction_id: 'harbourview.example', service_code: 'POTHOLE' }
const SETTINGS = {
  DEMO: 'false',
  WEBHOOK_ALLOW_PRIVATE: 'true',
  WEBHOOK_TIMEOUT: '500',
  WEBHOOK_RETRY_AFTER: '20',
  WEBHOOK_ATTEMPTS: '100',
}
/** Seconds of killing; some minutes are worth while now and then. */
const SECONDS = Number(process.env.KILL_SECONDS || 6)

const wait = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds))

/** What clients were told that it is done, by the mark they put on it. */
interface Acknowledged {
  serviceRequests: Map<string, string>
  updates: Map<string, string>
}

/** Clients that file service requests and say what became of them, each call until it is answered. */
function clientsOf(origin: () => string, key: string) {
  const acknowledged: Acknowledged = { serviceRequests: new Map(), updates: new Map() }
  let isRunning = true
  const post = async (path: string, form: Record<string, string>, headers: Record<string, string> = {}) => {
    for (;;) {
      const answer = await fetch(`${origin()}/open311/v2/${path}.json`, {
        method: 'POST',
        headers,
        body: new URLSearchParams({ api_key: key, jurisdiction_id: AT.jurisdiction_id, ...form }),
        signal: AbortSignal.timeout(5000),
      }).catch(() => null)
      const text = answer?.status === 200 ? await answer.text().catch(() => null) : null
      if (text) return JSON.parse(text)[0] as Record<string, string>
      // What is refused would be refused for ever.
      if (answer && answer.status < 500) throw new Error(`${answer.status} ${await answer.text()}`)
      if (!isRunning) return null
      await wait(50)
    }
  }
  const client = async (name: number) => {
    for (let number = 0; isRunning; number++) {
      const mark = `${name}-${number}`
      const form = { service_code: AT.service_code, address_string: 'Quay 1', description: mark }
      const filed = await post('requests', form, { 'idempotency-key': mark })
      if (!filed) return
      acknowledged.serviceRequests.set(mark, filed.service_request_id!)
      const update = {
        service_request_id: filed.service_request_id!,
        update_id: mark,
        description: `done ${mark}`,
      }
      const said = await post('servicerequestupdates', { ...update, status: number % 2 ? 'FIXED' : 'OPEN' })
      if (said) acknowledged.updates.set(mark, said.update_id!)
    }
  }
  const running = Promise.all([1, 2, 3, 4].map(client))
  return {
    acknowledged,
    stop: async () => {
      isRunning = false
      await running
    },
  }
}

describe.skipIf(!existsSync('/usr/lib/postgresql/15/bin/initdb'))('PostgreSQL of its own', () => {
  test(
    `EXT-28 EXT-35 EXT-37 A-47 kill -9 of the server, of PostgreSQL and of a target, again and again for ${SECONDS} s: all that was acknowledged is there once, the feed has no hole, and the target was told all of it in order`,
    async () => {
      const cluster = await newCluster()
      const target = await newTarget()
      await target.start()
      const storage: Storage = {
        kind: 'postgres',
        environment: { DATABASE_URL: cluster.url },
        remove: () => cluster.remove(),
      }
      let served: Served = await serveOn(storage, SETTINGS)
      const run = async (...argv: string[]) => {
        const done = await georeport(served.environment, ...argv)
        expect(done, done.told).toMatchObject({ exit: 0 })
        return done.out
      }
      await run('load', 'fixtures/two-towns')
      const key = await run('keys', 'create', '--name', 'k', '--scope', 'report,update')
      await run('webhooks', 'create', '--jurisdiction', AT.jurisdiction_id, '--url', target.url)

      const clients = clientsOf(() => served.origin, key)
      const kills = [
        async () => {
          await served.stop('SIGKILL')
          served = await serveOn(storage, SETTINGS)
        },
        async () => {
          await cluster.kill()
          await wait(100)
          await cluster.start()
        },
        async () => {
          await target.kill()
          await wait(100)
          await target.start()
        },
      ]
      const end = Date.now() + SECONDS * 1000
      for (let turn = 0; Date.now() < end || turn < kills.length; turn++) {
        await wait(300 + Math.random() * 900)
        await kills[turn % kills.length]!()
      }
      await clients.stop()

      const rows = async (statement: string): Promise<Record<string, unknown>[]> =>
        (await run('sql', statement))
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line))
      const left = `select (select count(*) from event where position is null) as unnumbered,
                           (select count(*) from delivery where state = 'waiting') as waiting`
      await expect
        .poll(() => rows(left), { timeout: 60_000 + SECONDS * 3000, interval: 500 })
        .toEqual([{ unnumbered: 0, waiting: 0 }])

      const { serviceRequests, updates } = clients.acknowledged
      expect(serviceRequests.size).toBeGreaterThan(20)
      const filed = await rows('select description, service_request_id from service_request')
      expect(new Set(filed.map((each) => each.description)).size).toBe(filed.length)
      const idOf = new Map(filed.map((each) => [each.description, each.service_request_id]))
      for (const [mark, id] of serviceRequests) expect(idOf.get(mark)).toBe(id)

      const events = await rows(
        `select e.seq, e.kind, e.update_id, e.description, r.service_request_id
           from event as e join service_request as r on r.id = e.service_request order by e.seq`,
      )
      expect(events.map((each) => each.seq)).toEqual(events.map((_, index) => index + 1))
      expect(events.filter((each) => each.kind === 'created')).toHaveLength(filed.length)
      const said = events.filter((each) => each.description !== null)
      expect(new Set(said.map((each) => each.description)).size).toBe(said.length)
      const updateOf = new Map(said.map((each) => [each.description, each.update_id]))
      for (const [mark, id] of updates) expect(updateOf.get(`done ${mark}`)).toBe(id)

      const taken = await target.taken()
      const seqs = taken.map(([seq]) => Number(seq))
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
      expect([...new Set(seqs)]).toEqual(events.map((each) => each.seq))

      await served.stop()
      await target.remove()
      await storage.remove()
    },
    SECONDS * 6000 + 180_000,
  )
})
