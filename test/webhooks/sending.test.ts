import { describe, expect, test } from 'vitest'
import {
  listAttempts,
  listDeliveries,
  pruneDeliveries,
  replayDeliveries,
} from '../../src/store/events/delivery-log.js'
import { listWebhooks, pauseWebhook, resumeWebhook } from '../../src/store/events/webhooks.js'
import { databases } from '../harness/databases.js'
import { NOW } from '../harness/stored-squareton.js'
import { openSender, POLL_OPTIONS, useSender } from './sender.js'
import { accept, type Responder, respondWith } from './target.js'

describe.each(databases)('$kind', ({ kind, open }) => {
  const city = useSender(open, openSender)
  /** A store whose deletions of deliveries take until `end` is called. */
  const createSlowStore = () => {
    const deletions = new WeakSet<object>()
    let end = () => {}
    const ended = new Promise<void>((done) => {
      end = done
    })
    const slow = city.store.withPlugin({
      transformQuery: ({ node, queryId }) => {
        if (node.kind === 'RawNode' && /delete from delivery/.test(node.sqlFragments.join()))
          deletions.add(queryId)
        return node
      },
      transformResult: async ({ queryId, result }) => {
        if (deletions.has(queryId)) await ended
        return result
      },
    })
    return { slow, end }
  }

  test('EXT-37 all deliveries arrive in order despite errors of the target, and a failed delivery blocks later ones', async () => {
    const responders: Responder[] = [
      respondWith(500),
      accept,
      (response) => response.destroy(),
      respondWith(302, '', { location: '/elsewhere' }),
      accept,
      (response) => setTimeout(() => accept(response, 0, null!), 50),
      (response) => response.writeHead(200, { connection: 'close' }).end('fine'),
      (response) => response.socket!.write('no HTTP at all\r\n\r\n', () => response.socket!.destroy()),
      respondWith(429, 'slower'),
    ]
    const accepted: number[] = []
    const target = await city.target((response, nth, request) => {
      const respond = responders[nth % responders.length]!
      if (![0, 2, 3, 7, 8].includes(nth % responders.length)) accepted.push(JSON.parse(request.body).data.seq)
      respond(response, nth, request)
    })
    const { webhook_id } = await city.subscribe({ url: target.url })
    city.start({ maxAttempts: 100, firstBackoffMs: 10 })
    await city.file(20)
    await city.waitUntilEnded(webhook_id, 20)
    expect(await city.states(webhook_id)).toEqual(Array.from({ length: 20 }, () => 'delivered'))
    const first = accepted[0]!
    expect(accepted).toEqual(Array.from({ length: 20 }, (_, index) => first + index))
    const received = target.seqs()
    expect(received).toEqual(received.toSorted((a, b) => a - b))
    expect(received.length).toBeGreaterThan(20)
    expect(target.requests.map((request) => request.url)).not.toContain('/elsewhere')
    // All attempts of an event have the same message id.
    expect(new Set(target.requests.map((request) => request.headers['webhook-id'])).size).toBe(20)
  })

  test('EXT-37 a target that hangs times out without delaying other targets; a status counts without its body', async () => {
    const hanging = await city.target(() => {})
    const half = await city.target((response) => response.writeHead(200).write('…'))
    const healthy = await city.target()
    const [first, second, third] = await Promise.all(
      [hanging, half, healthy].map(({ url }) => city.subscribe({ url })),
    )
    city.start({ timeoutMs: 300, maxAttempts: 2, concurrency: 2 })
    await city.file(5)
    await city.waitUntilEnded(third!.webhook_id, 5)
    await city.waitUntilEnded(second!.webhook_id, 5)
    expect(await city.states(second!.webhook_id)).not.toContain('dead')
    await city.waitUntilEnded(first!.webhook_id, 5)
    expect(new Set(await city.states(first!.webhook_id))).toEqual(new Set(['dead']))
    const [last] = await listDeliveries(city.store, first!.webhook_id, { limit: 1 })
    expect(last).toMatchObject({ state: 'dead', attempts: 2, status: null, error: 'TIMEOUT' })
  })

  test('EXT-37 a keep-alive connection closed by the target does not count as a failed attempt', async () => {
    const used = new WeakSet<object>()
    const target = await city.target((response, nth, request) => {
      const socket = response.socket!
      if (used.has(socket)) socket.resetAndDestroy()
      else accept(response, nth, request)
      used.add(socket)
    })
    const { webhook_id } = await city.subscribe({ url: target.url })
    city.start()
    await city.file(3)
    await city.waitUntilEnded(webhook_id, 3)
    const deliveries = await listDeliveries(city.store, webhook_id, { limit: 10 })
    expect(deliveries.map(({ state, attempts }) => [state, attempts])).toEqual([
      ['delivered', 1],
      ['delivered', 1],
      ['delivered', 1],
    ])
    expect(target.connections()).toBeGreaterThan(1)
  })

  test('EXT-37 a delivery that fails all attempts is a dead letter; later deliveries are sent, and it can be replayed', async () => {
    let isHealthy = false
    const target = await city.target((response, nth, request) => {
      const { service_request } = JSON.parse(request.body).data
      const isPoison = !isHealthy && service_request.description === 'poison'
      respondWith(isPoison ? 400 : 200, 'No,\tthanks')(response, nth, request)
    })
    const { webhook_id } = await city.subscribe({ url: target.url })
    city.start()
    await city.file(1)
    await city.fileOne('POTHOLE', { description: 'poison' })
    await city.file(1)
    await city.waitUntilEnded(webhook_id, 3)
    expect(await city.states(webhook_id)).toEqual(['delivered', 'dead', 'delivered'])
    const [dead] = await listDeliveries(city.store, webhook_id, { state: 'dead', limit: 10 })
    expect(dead).toMatchObject({ attempts: 4, status: 400, error: 'refused', kind: 'created' })
    const attempts = await listAttempts(city.store, { webhook_id, position: dead!.position })
    expect(attempts.map((each) => each.status)).toEqual([400, 400, 400, 400])
    expect(await listWebhooks(city.store)).toMatchObject([{ pending: 0, dead: 1 }])

    isHealthy = true
    expect(await replayDeliveries(city.store, webhook_id, null)).toBe(1)
    await city.waitUntilEnded(webhook_id, 3)
    expect(await city.states(webhook_id)).toEqual(['delivered', 'delivered', 'delivered'])
    target.requests.length = 0
    expect(await replayDeliveries(city.store, webhook_id, dead!.position)).toBe(2)
    await expect.poll(() => target.requests.length, POLL_OPTIONS).toBe(2)
    expect(target.seqs()).toEqual(target.seqs().toSorted((a, b) => a - b))
    expect(await replayDeliveries(city.store, 9999, null)).toBeUndefined()
  })

  test('EXT-37 deliveries of a paused webhook stay pending and are sent after it resumes; a 410 response pauses it', async () => {
    const target = await city.target((response, nth) =>
      respondWith(nth === 2 ? 410 : 200)(response, nth, null!),
    )
    const { webhook_id } = await city.subscribe({ url: target.url })
    await pauseWebhook(city.store, webhook_id, NOW)
    const other = await city.subscribe({ url: (await city.target()).url })
    const worker = city.start()
    await city.file(4)
    await city.waitUntilEnded(other.webhook_id, 4)
    await worker.stop(1000)
    expect(target.requests).toEqual([])
    expect((await listWebhooks(city.store))[0]).toMatchObject({ paused_at: NOW, pending: 4 })

    await resumeWebhook(city.store, webhook_id)
    city.start()
    await expect.poll(async () => (await listWebhooks(city.store))[0]!.paused_at, POLL_OPTIONS).not.toBeNull()
    expect(await city.states(webhook_id)).toEqual(['delivered', 'delivered', 'pending', 'pending'])
    await resumeWebhook(city.store, webhook_id)
    await city.waitUntilEnded(webhook_id, 4)
    expect(new Set(target.seqs()).size).toBe(4)
    expect(target.requests).toHaveLength(5)
  })

  test('EXT-37 no connection is opened to a private network, whatever the host name', async () => {
    const target = await city.target()
    const webhooks = await Promise.all(
      [target.url, `http://localhost:${target.port}/`, `http://[::ffff:127.0.0.1]:${target.port}/`].map(
        (url) => city.subscribe({ url }),
      ),
    )
    city.start({ allowPrivateTargets: false, maxAttempts: 1 })
    await city.file(1)
    for (const { webhook_id } of webhooks) {
      await city.waitUntilEnded(webhook_id, 1)
      expect((await listDeliveries(city.store, webhook_id, { limit: 1 }))[0]).toMatchObject({
        state: 'dead',
        status: null,
        error: 'PRIVATE_ADDRESS',
      })
    }
    expect(target.connections()).toBe(0)
  })

  test('EXT-37 a stopped worker releases its delivery, and another worker sends it', async () => {
    const target = await city.target((response, nth) => {
      if (nth > 0) accept(response, nth, null!)
    })
    const { webhook_id } = await city.subscribe({ url: target.url })
    const worker = city.start({ timeoutMs: 60_000 })
    await city.file(2)
    await expect.poll(() => target.requests.length, POLL_OPTIONS).toBe(1)
    await worker.stop(0)
    expect(await city.states(webhook_id)).toEqual(['pending', 'pending'])
    city.start()
    await city.waitUntilEnded(webhook_id, 2)
    expect(target.seqs().map((seq) => seq - target.seqs()[0]!)).toEqual([0, 0, 1])
  })

  test('EXT-37 the lease of a dead worker ends when it expires', async () => {
    const target = await city.target()
    const { webhook_id } = await city.subscribe({ url: target.url })
    const lease_id = '00000000-0000-4000-8000-000000000000'
    const setLease = (leased_until: string) =>
      city.store
        .updateTable('webhook')
        .set({ lease_id, leased_until })
        .where('webhook_id', '=', webhook_id)
        .execute()
    await setLease('2999-01-01T00:00:00Z')
    const other = await city.subscribe({ url: (await city.target()).url })
    const worker = city.start()
    await city.file(1)
    await city.waitUntilEnded(other.webhook_id, 1)
    await worker.stop(1000)
    expect(target.requests).toEqual([])
    await setLease('2001-01-01T00:00:00Z')
    city.start()
    await city.waitUntilEnded(webhook_id, 1)
  })

  test('EXT-37 deliveries that ended long ago are pruned, pending ones are not', async () => {
    const target = await city.target((response, nth) =>
      respondWith(nth < 2 ? 200 : 500)(response, nth, null!),
    )
    const { webhook_id } = await city.subscribe({ url: target.url })
    city.start({ firstBackoffMs: 3_600_000 })
    await city.file(4)
    await city.waitUntilEnded(webhook_id, 2)
    const [, , second, first] = await listDeliveries(city.store, webhook_id, { limit: 10 })
    await city.store
      .updateTable('delivery')
      .set({ ended_at: '2026-01-01T00:00:00Z' })
      .where('position', '=', first!.position)
      .execute()
    await pruneDeliveries(city.store, 30, () => true)
    expect(await listDeliveries(city.store, webhook_id, { limit: 10 })).toHaveLength(4)
    await pruneDeliveries(city.store, 30)
    const left = await listDeliveries(city.store, webhook_id, { limit: 10 })
    expect(left.map((each) => each.state)).toEqual(['pending', 'pending', 'delivered'])
    expect(left[2]!.position).toBe(second!.position)
    expect(await listAttempts(city.store, { webhook_id, position: first!.position })).toEqual([])
  })

  // An embedded database runs one statement at a time.
  test.skipIf(kind === 'embedded')('EXT-37 new deliveries are sent while old ones are pruned', async () => {
    const { webhook_id } = await city.subscribe({ url: (await city.target()).url })
    const { slow, end } = createSlowStore()
    city.start({}, slow)
    try {
      await city.file(1)
      await city.waitUntilEnded(webhook_id, 1)
    } finally {
      end()
    }
  })

  // An embedded database belongs to one process.
  test.skipIf(kind === 'embedded')(
    'EXT-37 several workers send to a target one at a time, in order, and nothing twice',
    async () => {
      const busy = new Set<string>()
      const overlapping: string[] = []
      const respond =
        (name: string): Responder =>
        (response) => {
          if (busy.has(name)) overlapping.push(name)
          busy.add(name)
          setTimeout(() => {
            busy.delete(name)
            response.writeHead(204).end()
          }, 2)
        }
      const targets = await Promise.all(['a', 'b', 'c'].map((name) => city.target(respond(name))))
      const webhooks = await Promise.all(targets.map(({ url }) => city.subscribe({ url })))
      for (let index = 0; index < 3; index++) city.start({ concurrency: 2 })
      await Promise.all([city.file(40), city.file(40)])
      for (const { webhook_id } of webhooks) await city.waitUntilEnded(webhook_id, 80)
      for (const each of targets) {
        const first = each.seqs()[0]!
        expect(each.seqs()).toEqual(Array.from({ length: 80 }, (_, index) => first + index))
      }
      expect(overlapping).toEqual([])
    },
  )
})
