import { randomUUID } from 'node:crypto'
import type { Hono } from 'hono'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { createKey } from '../../src/store/catalog/api-keys.js'
import { createTestApp } from '../harness/app.js'
import { databases, type TestDatabase } from '../harness/databases.js'
import { NOW } from '../harness/stored-squareton.js'
import { openSender, POLL_OPTIONS, useSender } from './sender.js'
import type { Responder } from './target.js'

/** Squareton once more: what it sends, and the calls it takes, as another Squareton or as anybody. */
async function openServer(database: TestDatabase) {
  const newKey = () =>
    createKey(database.store, { name: 'k', jurisdiction_id: null, scopes: ['update'], now: NOW })
  const keys = { peer: await newKey(), other: await newKey() }
  const city = await openSender(database)
  const app: Hono = createTestApp(database, city.catalog)
  const take = (body: string) =>
    app.request('/open311/v2/servicerequestupdates.xml', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body,
    })
  const answering: Responder = async (answer, _, call) => {
    const taken = await take(call.body)
    answer.writeHead(taken.status).end(await taken.text())
  }
  return {
    ...city,
    keys,
    answering,
    say: async (api_key: string, fields: Record<string, string>) => {
      const answer = await take(new URLSearchParams({ api_key, ...fields }).toString())
      expect(answer.status).toBe(200)
      return /<update_id>(.*)<\/update_id>/.exec(await answer.text())![1]!
    },
    rows: async <Row>(query: ReturnType<typeof sql<Row>>) => (await query.execute(database.store)).rows,
  }
}

describe.each(databases)('$kind', ({ kind, open }) => {
  // Three in a circle and all with all; of embedded databases two are enough for one process.
  const servers = Array.from({ length: kind === 'embedded' ? 2 : 3 }, () => useSender(open, openServer))

  /** Everyone tells everyone else, by no more than a key: no `peer_key_id` says who it is. Gives what they all have. */
  async function subscribeAll(): Promise<string> {
    for (const from of servers)
      for (const to of servers)
        if (from !== to) {
          const { url } = await from.target(to.answering)
          await from.subscribe({ url, format: 'fixmystreet', target_api_key: to.keys.peer })
        }
    for (const each of servers) each.start({ maxAttempts: 100 })
    const ids = await Promise.all(servers.map((each) => each.fileOne('POTHOLE')))
    expect(new Set(ids).size).toBe(1)
    return ids[0]!
  }

  /** What was said, and what is the case, when nothing is under way any more. */
  async function storyOf(id: string, count: number) {
    const said = (server: (typeof servers)[number]) =>
      server.rows(sql<{ description: string }>`
        select e.description from event as e join service_request as r on r.id = e.service_request
         where r.service_request_id = ${id} and e.kind <> 'created' order by e.description`)
    const left = (server: (typeof servers)[number]) =>
      server.rows(
        sql`select from event where position is null union all select from delivery where state = 'pending'`,
      )
    for (const each of servers) {
      await expect.poll(async () => (await said(each)).length, POLL_OPTIONS).toBeGreaterThanOrEqual(count)
    }
    for (const each of servers) await expect.poll(async () => (await left(each)).length, POLL_OPTIONS).toBe(0)
    return Promise.all(
      servers.map(async (server) => ({
        said: (await said(server)).map(({ description }) => description),
        is: await server.rows(
          sql`select status, detailed_status, status_notes from service_request where service_request_id = ${id}`,
        ),
      })),
    )
  }

  test('EXT-37 servers that send updates to each other without peer keys reach the same state and stop sending', async () => {
    const id = await subscribeAll()
    const service_request_id = id
    const [first, second] = servers
    await first!.change(id, { status_notes: 'A crew is there.' }, { now: NOW })
    await second!.say(second!.keys.other, { service_request_id, description: 'From an app', update_id: '7' })
    await first!.say(first!.keys.other, {
      service_request_id,
      description: 'From another app',
      update_id: '7',
    })
    await storyOf(id, 3)
    await second!.say(second!.keys.other, { service_request_id, description: 'Done.', status: 'FIXED' })
    const all = await storyOf(id, 4)
    const said = ['A crew is there.', 'Done.', 'From an app', 'From another app']
    for (const each of all) {
      expect(each.said).toEqual(said)
      expect(each.is).toEqual([{ status: 'closed', detailed_status: 'fixed', status_notes: 'Done.' }])
    }
  })

  test('EXT-37 a UUID identifies an update of a service request for all keys; any other update_id only for its key', async () => {
    const [server] = servers
    const { peer, other } = server!.keys
    const id = await server!.fileOne('POTHOLE')
    const elsewhere = await server!.fileOne('POTHOLE')
    const say = (key: string, update_id: string, service_request_id = id) =>
      server!.say(key, { service_request_id, update_id, description: 'x' })
    const universal = randomUUID()
    const own = await say(peer, universal)
    expect(own).not.toBe(universal)
    expect(await say(other, universal)).toBe(own)
    expect(await say(other, own)).toBe(own)
    expect(await say(other, own.toUpperCase())).toBe(own)
    expect(await say(other, universal, elsewhere)).not.toBe(own)
    expect(await say(peer, '7')).not.toBe(await say(other, '7'))
  })

  test('EXT-37 a forged update with the update_id of another key does not suppress the genuine update', async () => {
    const [server] = servers
    const service_request_id = await server!.fileOne('POTHOLE')
    const update_id = randomUUID()
    const forged = await server!.say(server!.keys.other, {
      service_request_id,
      update_id,
      description: 'forged',
    })
    const own = await server!.say(server!.keys.peer, {
      service_request_id,
      update_id,
      description: 'genuine',
    })
    expect(own).not.toBe(forged)
    const said = await server!.rows(
      sql<{
        description: string
      }>`select description from event where update_id in (${own}, ${forged}) order by event_id`,
    )
    expect(said.map(({ description }) => description)).toEqual(['forged', 'genuine'])
  })

  test('EXT-37 an update sent by two keys at the same time is stored once', async () => {
    const [server] = servers
    const service_request_id = await server!.fileOne('POTHOLE')
    const fields = { service_request_id, update_id: randomUUID(), description: 'x' }
    const keys = [server!.keys.peer, server!.keys.other]
    const ids = await Promise.all([...keys, ...keys].map((key) => server!.say(key, fields)))
    expect(new Set(ids).size).toBe(1)
  })
})
