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
  /** A store whose deletions of deliveries take until `end`. */
  const slowlyForgetting = () => {
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
    const odd: Responder[] = [
      respondWith(500),
      accept,
      (answer) => answer.destroy(),
      respondWith(302, '', { location: '/elsewhere' }),
      accept,
      (answer) => setTimeout(() => accept(answer, 0, null!), 50),
      (answer) => answer.writeHead(200, { connection: 'close' }).end('fine'),
      (answer) => answer.socket!.write('no HTTP at all\r\n\r\n', () => answer.socket!.destroy()),
      respondWith(429, 'slower'),
    ]
    const accepted: number[] = []
    const there = await city.target((answer, nth, call) => {
      const answering = odd[nth % odd.length]!
      if (![0, 2, 3, 7, 8].includes(nth % odd.length)) accepted.push(JSON.parse(call.body).data.seq)
      answering(answer, nth, call)
    })
    const { webhook_id } = await city.subscribe({ url: there.url })
    city.start({ maxAttempts: 100, retryAfterMs: 10 })
    await city.file(20)
    await city.allEnded(webhook_id, 20)
    expect(await city.states(webhook_id)).toEqual(Array.from({ length: 20 }, () => 'delivered'))
    const first = accepted[0]!
    expect(accepted).toEqual(Array.from({ length: 20 }, (_, index) => first + index))
    const heard = there.seqs()
    expect(heard).toEqual(heard.toSorted((a, b) => a - b))
    expect(heard.length).toBeGreaterThan(20)
    expect(there.requests.map((call) => call.url)).not.toContain('/elsewhere')
    // The same event is the same message.
    expect(new Set(there.requests.map((call) => call.headers['webhook-id'])).size).toBe(20)
  })

  test('EXT-37 a target that hangs times out without delaying other targets; a status counts without its body', async () => {
    const hanging = await city.target(() => {})
    const half = await city.target((answer) => answer.writeHead(200).write('…'))
    const well = await city.target()
    const [first, second, third] = await Promise.all(
      [hanging, half, well].map(({ url }) => city.subscribe({ url })),
    )
    city.start({ timeoutMs: 300, maxAttempts: 2, concurrency: 2 })
    await city.file(5)
    await city.allEnded(third!.webhook_id, 5)
    await city.allEnded(second!.webhook_id, 5)
    expect(await city.states(second!.webhook_id)).not.toContain('dead')
    await city.allEnded(first!.webhook_id, 5)
    expect(new Set(await city.states(first!.webhook_id))).toEqual(new Set(['dead']))
    const [last] = await listDeliveries(city.store, first!.webhook_id, { limit: 1 })
    expect(last).toMatchObject({ state: 'dead', attempts: 2, status: null, error: 'TIMEOUT' })
  })

  test('EXT-37 a keep-alive connection closed by the target does not count as a failed attempt', async () => {
    const used = new WeakSet<object>()
    const there = await city.target((answer, nth, call) => {
      const socket = answer.socket!
      if (used.has(socket)) socket.resetAndDestroy()
      else accept(answer, nth, call)
      used.add(socket)
    })
    const { webhook_id } = await city.subscribe({ url: there.url })
    city.start()
    await city.file(3)
    await city.allEnded(webhook_id, 3)
    const deliveries = await listDeliveries(city.store, webhook_id, { limit: 10 })
    expect(deliveries.map(({ state, attempts }) => [state, attempts])).toEqual([
      ['delivered', 1],
      ['delivered', 1],
      ['delivered', 1],
    ])
    expect(there.connections()).toBeGreaterThan(1)
  })

  test('EXT-37 a delivery that fails all attempts is a dead letter; later deliveries are sent, and it can be replayed', async () => {
    let isWell = false
    const there = await city.target((answer, nth, call) => {
      const { service_request } = JSON.parse(call.body).data
      const isPoison = !isWell && service_request.description === 'poison'
      respondWith(isPoison ? 400 : 200, 'No,\tthanks')(answer, nth, call)
    })
    const { webhook_id } = await city.subscribe({ url: there.url })
    city.start()
    await city.file(1)
    await city.fileOne('POTHOLE', { description: 'poison' })
    await city.file(1)
    await city.allEnded(webhook_id, 3)
    expect(await city.states(webhook_id)).toEqual(['delivered', 'dead', 'delivered'])
    const [dead] = await listDeliveries(city.store, webhook_id, { state: 'dead', limit: 10 })
    expect(dead).toMatchObject({ attempts: 4, status: 400, error: 'refused', kind: 'created' })
    const attempts = await listAttempts(city.store, { webhook_id, position: dead!.position })
    expect(attempts.map((each) => each.status)).toEqual([400, 400, 400, 400])
    expect(await listWebhooks(city.store)).toMatchObject([{ pending: 0, dead: 1 }])

    isWell = true
    expect(await replayDeliveries(city.store, webhook_id, null)).toBe(1)
    await city.allEnded(webhook_id, 3)
    expect(await city.states(webhook_id)).toEqual(['delivered', 'delivered', 'delivered'])
    there.requests.length = 0
    expect(await replayDeliveries(city.store, webhook_id, dead!.position)).toBe(2)
    await expect.poll(() => there.requests.length, POLL_OPTIONS).toBe(2)
    expect(there.seqs()).toEqual(there.seqs().toSorted((a, b) => a - b))
    expect(await replayDeliveries(city.store, 9999, null)).toBeUndefined()
  })

  test('EXT-37 deliveries of a paused webhook stay pending and are sent after it resumes; a 410 response pauses it', async () => {
    const there = await city.target((answer, nth) => respondWith(nth === 2 ? 410 : 200)(answer, nth, null!))
    const { webhook_id } = await city.subscribe({ url: there.url })
    await pauseWebhook(city.store, webhook_id, NOW)
    const other = await city.subscribe({ url: (await city.target()).url })
    const worker = city.start()
    await city.file(4)
    await city.allEnded(other.webhook_id, 4)
    await worker.stop(1000)
    expect(there.requests).toEqual([])
    expect((await listWebhooks(city.store))[0]).toMatchObject({ paused_at: NOW, pending: 4 })

    await resumeWebhook(city.store, webhook_id)
    city.start()
    await expect.poll(async () => (await listWebhooks(city.store))[0]!.paused_at, POLL_OPTIONS).not.toBeNull()
    expect(await city.states(webhook_id)).toEqual(['delivered', 'delivered', 'pending', 'pending'])
    await resumeWebhook(city.store, webhook_id)
    await city.allEnded(webhook_id, 4)
    expect(new Set(there.seqs()).size).toBe(4)
    expect(there.requests).toHaveLength(5)
  })

  test('EXT-37 no connection is opened to a private network, whatever the host name', async () => {
    const there = await city.target()
    const webhooks = await Promise.all(
      [there.url, `http://localhost:${there.port}/`, `http://[::ffff:127.0.0.1]:${there.port}/`].map((url) =>
        city.subscribe({ url }),
      ),
    )
    city.start({ allowPrivate: false, maxAttempts: 1 })
    await city.file(1)
    for (const { webhook_id } of webhooks) {
      await city.allEnded(webhook_id, 1)
      expect((await listDeliveries(city.store, webhook_id, { limit: 1 }))[0]).toMatchObject({
        state: 'dead',
        status: null,
        error: 'PRIVATE_ADDRESS',
      })
    }
    expect(there.connections()).toBe(0)
  })

  test('EXT-37 a stopped worker releases its delivery, and another worker sends it', async () => {
    const there = await city.target((answer, nth) => {
      if (nth > 0) accept(answer, nth, null!)
    })
    const { webhook_id } = await city.subscribe({ url: there.url })
    const worker = city.start({ timeoutMs: 60_000 })
    await city.file(2)
    await expect.poll(() => there.requests.length, POLL_OPTIONS).toBe(1)
    await worker.stop(0)
    expect(await city.states(webhook_id)).toEqual(['pending', 'pending'])
    city.start()
    await city.allEnded(webhook_id, 2)
    expect(there.seqs().map((seq) => seq - there.seqs()[0]!)).toEqual([0, 0, 1])
  })

  test('EXT-37 the lease of a dead worker ends when it expires', async () => {
    const there = await city.target()
    const { webhook_id } = await city.subscribe({ url: there.url })
    const claim = '00000000-0000-4000-8000-000000000000'
    const claimed = (until: string) =>
      city.store
        .updateTable('webhook')
        .set({ lease_id: claim, leased_until: until })
        .where('webhook_id', '=', webhook_id)
        .execute()
    await claimed('2999-01-01T00:00:00Z')
    const other = await city.subscribe({ url: (await city.target()).url })
    const worker = city.start()
    await city.file(1)
    await city.allEnded(other.webhook_id, 1)
    await worker.stop(1000)
    expect(there.requests).toEqual([])
    await claimed('2001-01-01T00:00:00Z')
    city.start()
    await city.allEnded(webhook_id, 1)
  })

  test('EXT-37 deliveries that ended long ago are pruned, pending ones are not', async () => {
    const there = await city.target((answer, nth) => respondWith(nth < 2 ? 200 : 500)(answer, nth, null!))
    const { webhook_id } = await city.subscribe({ url: there.url })
    city.start({ retryAfterMs: 3_600_000 })
    await city.file(4)
    await city.allEnded(webhook_id, 2)
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

  // An embedded database does one thing at a time.
  test.skipIf(kind === 'embedded')('EXT-37 new deliveries are sent while old ones are pruned', async () => {
    const { webhook_id } = await city.subscribe({ url: (await city.target()).url })
    const { slow, end } = slowlyForgetting()
    city.start({}, slow)
    try {
      await city.file(1)
      await city.allEnded(webhook_id, 1)
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
      const answering =
        (name: string): Responder =>
        (answer) => {
          if (busy.has(name)) overlapping.push(name)
          busy.add(name)
          setTimeout(() => {
            busy.delete(name)
            answer.writeHead(204).end()
          }, 2)
        }
      const there = await Promise.all(['a', 'b', 'c'].map((name) => city.target(answering(name))))
      const webhooks = await Promise.all(there.map(({ url }) => city.subscribe({ url })))
      for (let index = 0; index < 3; index++) city.start({ concurrency: 2 })
      await Promise.all([city.file(40), city.file(40)])
      for (const { webhook_id } of webhooks) await city.allEnded(webhook_id, 80)
      for (const each of there) {
        const first = each.seqs()[0]!
        expect(each.seqs()).toEqual(Array.from({ length: 80 }, (_, index) => first + index))
      }
      expect(overlapping).toEqual([])
    },
  )
})
