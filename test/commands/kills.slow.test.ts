import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { georeport, type ServerProcess, type Storage, startServer } from '../harness/server-process.js'
import { createKillableTarget } from '../webhooks/killable-target.js'
import { createCluster } from './cluster.js'
import { startResidents } from './residents.js'
import { expectServed, getBothUrls, getPictureUrls, isConsistent } from './stored-pictures.js'

const JURISDICTION = 'harbourview.example'
const SETTINGS = {
  DEMO: 'false',
  WEBHOOK_ALLOW_PRIVATE: 'true',
  WEBHOOK_TIMEOUT: '500',
  WEBHOOK_RETRY_AFTER: '20',
  WEBHOOK_ATTEMPTS: '100',
  MEDIA_GRACE: '3',
}
/** Duration of the kills; run some minutes from time to time. */
const SECONDS = Number(process.env.KILL_SECONDS || 6)

const wait = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds))

describe.skipIf(!existsSync('/usr/lib/postgresql/15/bin/initdb'))('PostgreSQL of its own', () => {
  test(
    `EXT-28 EXT-35 EXT-37 EXT-38 EXT-43 A-47 after repeated kill -9 of server, PostgreSQL and target for ${SECONDS} s, acknowledged data is stored once, erased data is gone, and feed and deliveries are complete and in order`,
    async ({ onTestFinished }) => {
      const cluster = await createCluster()
      const target = await createKillableTarget()
      await target.start()
      const storage: Storage = {
        kind: 'postgres',
        environment: { DATABASE_URL: cluster.url, DATA_DIR: await mkdtemp(join(tmpdir(), 'georeport-')) },
        remove: async () => {
          await cluster.remove()
          await rm(storage.environment.DATA_DIR!, { recursive: true })
        },
      }
      let served: ServerProcess = await startServer(storage, SETTINGS)
      onTestFinished(async () => {
        await served.stop()
        await target.remove()
        await storage.remove()
      })
      const run = async (...argv: string[]) => {
        const done = await georeport(served.environment, ...argv)
        expect(done, done.messages).toMatchObject({ exit: 0 })
        return done.out
      }
      await run('load', 'fixtures/two-towns')
      const key = await run('keys', 'create', '--name', 'k', '--scope', 'report,update,manage')
      await run('webhooks', 'create', '--jurisdiction', JURISDICTION, '--url', target.url)

      const residents = await startResidents(() => served.origin, key)
      const kills = [
        async () => {
          await served.stop('SIGKILL')
          served = await startServer(storage, SETTINGS)
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
      let turn = 0
      for (; Date.now() < end || turn < kills.length; turn++) {
        await wait(300 + Math.random() * 900)
        await kills[turn % kills.length]!()
      }
      await residents.stop()

      const rows = async (statement: string): Promise<Record<string, unknown>[]> =>
        (await run('sql', statement))
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line))
      const pending = `select (select count(*) from event where position is null) as unnumbered,
                           (select count(*) from delivery where state = 'pending') as waiting`
      await expect
        .poll(() => rows(pending), { timeout: 60_000 + SECONDS * 3000, interval: 500 })
        .toEqual([{ unnumbered: 0, waiting: 0 }])

      const { filed, updates, erased, erasing } = residents.acknowledged
      expect(filed.size).toBeGreaterThan(20)
      const requests = await rows('select description, service_request_id from service_request')
      const marked = requests.filter((each) => each.description !== null)
      expect(new Set(marked.map((each) => each.description)).size).toBe(marked.length)
      // Erased service requests have no description.
      const markOf = new Map(requests.map((each) => [each.service_request_id, each.description]))
      expect(requests.length - marked.length).toBeGreaterThanOrEqual(erased.size)
      for (const [mark, { id }] of filed) {
        if (erased.has(mark)) expect(markOf.get(id)).toBeNull()
        else expect([mark, erasing.has(mark) ? null : mark]).toContain(markOf.get(id))
      }

      const events = await rows(
        `select e.seq, e.kind, e.update_id, e.description, r.service_request_id
           from event as e join service_request as r on r.id = e.service_request order by e.seq`,
      )
      expect(events.map((each) => each.seq)).toEqual(events.map((_, index) => index + 1))
      expect(events.filter((each) => each.kind === 'created')).toHaveLength(requests.length)
      const described = events.filter((each) => each.description !== null)
      expect(new Set(described.map((each) => each.description)).size).toBe(described.length)
      const updateOf = new Map(described.map((each) => [each.description, each.update_id]))
      for (const [mark, id] of updates) if (!erasing.has(mark)) expect(updateOf.get(`done ${mark}`)).toBe(id)

      let pictures = 0
      for (const [mark, { id, pictures: count }] of filed) {
        const urls = await getPictureUrls(served, id)
        if (!erasing.has(mark)) expect(urls).toHaveLength(count)
        if (erased.has(mark)) expect(urls).toEqual([])
        for (const url of urls) await expectServed(url)
        pictures += urls.length
      }
      expect(pictures).toBeGreaterThan(0)
      expect(erased.size).toBeGreaterThan(0)
      for (const url of [...erased.values()].flat().flatMap(getBothUrls))
        expect((await fetch(served.origin + url)).status).toBe(404)
      await expect.poll(() => isConsistent(served), { timeout: 60_000, interval: 500 }).toBe(true)

      const accepted = await target.readAccepted()
      const seqs = accepted.map(([seq]) => Number(seq))
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
      expect([...new Set(seqs)]).toEqual(events.map((each) => each.seq))

      const counts = {
        kills: turn,
        filed: filed.size,
        updates: updates.size,
        pictures,
        erased: erased.size,
        events: events.length,
        delivered: seqs.length,
      }
      process.stdout.write(`${JSON.stringify(counts)}\n`)
    },
    SECONDS * 6000 + 180_000,
  )
})
