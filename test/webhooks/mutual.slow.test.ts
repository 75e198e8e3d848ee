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

/** A Squareton server that sends webhooks, and receives updates with two keys: of a peer server and of another client. */
async function openServer(database: TestDatabase) {
  const newKey = () =>
    createKey(database.store, { name: 'k', jurisdiction_id: null, scopes: ['update'], now: NOW })
  const keys = { peer: await newKey(), other: await newKey() }
  const city = await openSender(database)
  const app: Hono = createTestApp(database, city.catalog)
  const postUpdate = (body: string) =>
    app.request('/open311/v2/servicerequestupdates.xml', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body,
    })
  const respond: Responder = async (response, _, request) => {
    const updated = await postUpdate(request.body)
    response.writeHead(updated.status).end(await updated.text())
  }
  return {
    ...city,
    keys,
    respond,
    update: async (api_key: string, fields: Record<string, string>) => {
      const response = await postUpdate(new URLSearchParams({ api_key, ...fields }).toString())
      expect(response.status).toBe(200)
      return /<update_id>(.*)<\/update_id>/.exec(await response.text())![1]!
    },
    rows: async <Row>(query: ReturnType<typeof sql<Row>>) => (await query.execute(database.store)).rows,
  }
}

describe.each(databases)('$kind', ({ kind, open }) => {
  // Three servers, each connected to all others; with embedded databases two, because of their memory.
  const servers = Array.from({ length: kind === 'embedded' ? 2 : 3 }, () => useSender(open, openServer))

  /** Subscribes every server to every other one, without peer_key_id, and files one service request with the same id on all. */
  async function subscribeAll(): Promise<string> {
    for (const from of servers)
      for (const to of servers)
        if (from !== to) {
          const { url } = await from.target(to.respond)
          await from.subscribe({ url, format: 'fixmystreet', target_api_key: to.keys.peer })
        }
    for (const each of servers) each.start({ maxAttempts: 100 })
    const ids = await Promise.all(servers.map((each) => each.fileOne('POTHOLE')))
    expect(new Set(ids).size).toBe(1)
    return ids[0]!
  }

  /** The texts of updates, and the current status on each server, once all deliveries have ended. */
  async function readSettled(id: string, count: number) {
    const readTexts = (server: (typeof servers)[number]) =>
      server.rows(sql<{ description: string }>`
        select e.description from event as e join service_request as r on r.id = e.service_request
         where r.service_request_id = ${id} and e.kind <> 'created' order by e.description`)
    const listPending = (server: (typeof servers)[number]) =>
      server.rows(
        sql`select from event where position is null union all select from delivery where state = 'pending'`,
      )
    for (const each of servers) {
      await expect
        .poll(async () => (await readTexts(each)).length, POLL_OPTIONS)
        .toBeGreaterThanOrEqual(count)
    }
    for (const each of servers)
      await expect.poll(async () => (await listPending(each)).length, POLL_OPTIONS).toBe(0)
    return Promise.all(
      servers.map(async (server) => ({
        texts: (await readTexts(server)).map(({ description }) => description),
        current: await server.rows(
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
    await second!.update(second!.keys.other, {
      service_request_id,
      description: 'From an app',
      update_id: '7',
    })
    await first!.update(first!.keys.other, {
      service_request_id,
      description: 'From another app',
      update_id: '7',
    })
    await readSettled(id, 3)
    await second!.update(second!.keys.other, { service_request_id, description: 'Done.', status: 'FIXED' })
    const all = await readSettled(id, 4)
    const texts = ['A crew is there.', 'Done.', 'From an app', 'From another app']
    for (const each of all) {
      expect(each.texts).toEqual(texts)
      expect(each.current).toEqual([{ status: 'closed', detailed_status: 'fixed', status_notes: 'Done.' }])
    }
  })

  test('EXT-37 a UUID identifies an update of a service request for all keys; any other update_id only for its key', async () => {
    const [server] = servers
    const { peer, other } = server!.keys
    const id = await server!.fileOne('POTHOLE')
    const elsewhere = await server!.fileOne('POTHOLE')
    const update = (key: string, update_id: string, service_request_id = id) =>
      // The same datetime, however long the test takes: it is part of what has to be equal.
      server!.update(key, { service_request_id, update_id, description: 'x', updated_datetime: NOW })
    const universal = randomUUID()
    const own = await update(peer, universal)
    expect(own).not.toBe(universal)
    expect(await update(other, universal)).toBe(own)
    expect(await update(other, own)).toBe(own)
    expect(await update(other, own.toUpperCase())).toBe(own)
    expect(await update(other, universal, elsewhere)).not.toBe(own)
    expect(await update(peer, '7')).not.toBe(await update(other, '7'))
  })

  test('EXT-37 a forged update with the update_id of another key does not suppress the genuine update', async () => {
    const [server] = servers
    const service_request_id = await server!.fileOne('POTHOLE')
    const update_id = randomUUID()
    const forged = await server!.update(server!.keys.other, {
      service_request_id,
      update_id,
      description: 'forged',
    })
    const own = await server!.update(server!.keys.peer, {
      service_request_id,
      update_id,
      description: 'genuine',
    })
    expect(own).not.toBe(forged)
    const rows = await server!.rows(
      sql<{
        description: string
      }>`select description from event where update_id in (${own}, ${forged}) order by event_id`,
    )
    expect(rows.map(({ description }) => description)).toEqual(['forged', 'genuine'])
  })

  test('EXT-37 an update sent by two keys at the same time is stored once', async () => {
    const [server] = servers
    const service_request_id = await server!.fileOne('POTHOLE')
    const fields = { service_request_id, update_id: randomUUID(), description: 'x' }
    const keys = [server!.keys.peer, server!.keys.other]
    const ids = await Promise.all([...keys, ...keys].map((key) => server!.update(key, fields)))
    expect(new Set(ids).size).toBe(1)
  })
})
