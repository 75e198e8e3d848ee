import { describe, expect, test } from 'vitest'
import { type EventSource, openEventStream } from '../harness/event-source.js'
import { createPostgresStorage, storages } from '../harness/server-process.js'
import {
  type Entry,
  file,
  getChangesUrl,
  getDescriptions,
  LONG_WAIT_S,
  POLL_OPTIONS,
  serveFeed,
  startFeedServer,
} from './feed-server.js'

describe.each(storages)('on $kind', ({ create }) => {
  const feed = serveFeed(create)

  test('EXT-36 a stream sends past changes, then new ones; a reconnect with Last-Event-ID continues after that event', async () => {
    const source = await feed.open('', { 'accept-encoding': 'gzip, br' })
    expect(source.status).toBe(200)
    expect(source.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'access-control-allow-origin': '*',
    })
    expect(source.headers['content-encoding']).toBeUndefined()
    await expect.poll(() => source.events.length, POLL_OPTIONS).toBe(1)
    await feed.file('second')
    await feed.file('third')
    await expect.poll(() => source.events.length, POLL_OPTIONS).toBe(3)
    expect(source.events.map(({ id, event }) => [id, event])).toEqual([
      ['1', 'create'],
      ['2', 'create'],
      ['3', 'create'],
    ])
    source.close()
    await feed.file('fourth')
    // As a browser does: the same URL, with the last event in a header.
    const again = await feed.open('&after=0', { 'last-event-id': '2' })
    await expect.poll(() => getDescriptions(again), POLL_OPTIONS).toEqual(['third', 'fourth'])
    expect(again.events.map(({ id }) => id)).toEqual(['3', '4'])
    const { entries } = await feed.readChanges(0)
    expect(again.events.map(({ data }) => JSON.parse(data))).toEqual(entries.slice(2))
    expect((await feed.open('', { 'last-event-id': 'x' })).status).toBe(400)
  })

  test('EXT-36 heartbeat comments keep an idle stream open', async () => {
    const source = await feed.open(`&after=${await feed.lastSeq()}`)
    // More heartbeats than fit into the idle timeout.
    await expect.poll(source.comments, POLL_OPTIONS).toBeGreaterThan(4)
    await feed.file('after a while')
    await expect.poll(() => getDescriptions(source), POLL_OPTIONS).toEqual(['after a while'])
    expect(source.ended()).toBeNull()
  })

  test('EXT-35 a long poll returns as soon as there is a change, and an empty list when its wait is over', async () => {
    const last = await feed.lastSeq()
    const started = performance.now()
    // A long poll at a later position gets no change.
    const later = feed.readChanges(last + 5, '&wait=1')
    const waiting = [
      feed.readChanges(last, `&wait=${LONG_WAIT_S}`),
      feed.readChanges(last, `&wait=${LONG_WAIT_S}&limit=1`),
    ]
    // A wait that is longer than the idle timeout ends early, so the client repeats it.
    const received = waiting.map(async (response) => {
      let entries = (await response).entries
      while (entries.length === 0) entries = (await feed.readChanges(last, `&wait=${LONG_WAIT_S}`)).entries
      return entries.map((each) => each.service_request!.description)
    })
    await feed.file('awaited')
    expect(await Promise.all(received)).toEqual([['awaited'], ['awaited']])
    expect(performance.now() - started).toBeLessThan(LONG_WAIT_S * 1000)
    expect((await later).entries).toEqual([])
    expect((await feed.readChanges(last, `&wait=${LONG_WAIT_S}`)).entries).toHaveLength(1)
    expect((await feed.readChanges(last, `&wait=${LONG_WAIT_S + 1}`)).status).toBe(400)
  })

  test('EXT-36 after kill -9 and a restart, a client that resumes the stream receives each change exactly once', async () => {
    const received: Entry[] = []
    const take = (source: EventSource) => received.push(...source.events.map(({ data }) => JSON.parse(data)))
    const acknowledged: string[] = []
    const first = await feed.lastSeq()
    const before = await feed.open(`&after=${first}`)
    let isRunning = true
    const clients = [1, 2].map(async (client) => {
      for (let number = 0; isRunning; number++) {
        const response = await feed.file(`${client}-${number}`).catch(() => null)
        const text = await response?.text().catch(() => null)
        if (response?.status === 200 && text) acknowledged.push(JSON.parse(text)[0].service_request_id)
      }
    })
    await expect.poll(() => before.events.length, POLL_OPTIONS).toBeGreaterThan(5)
    await feed.served().stop('SIGKILL')
    isRunning = false
    await Promise.all(clients)
    await expect.poll(before.ended, POLL_OPTIONS).toBe('cut')
    take(before)
    await feed.restart()
    const source = await feed.open('', { 'last-event-id': String(received.at(-1)!.seq) })
    await expect
      .poll(() => {
        const ids = new Set(
          [...received, ...source.events.map(({ data }) => JSON.parse(data) as Entry)].map(
            (each) => each.service_request_id,
          ),
        )
        return acknowledged.filter((id) => !ids.has(id))
      }, POLL_OPTIONS)
      .toEqual([])
    take(source)
    expect(received.map(({ seq }) => seq)).toEqual(received.map((_, index) => first + index + 1))
    expect(new Set(received.map((each) => each.service_request_id)).size).toBe(received.length)
  })

  test('EXT-35 EXT-36 a server that stops ends all long polls and streams at once', async () => {
    const last = await feed.lastSeq()
    const sources = [await feed.open(`&after=${last}`), await feed.open(`&after=${last}`)]
    const waiting = feed.readChanges(last, `&wait=${LONG_WAIT_S}`)
    // The long poll has started once only one of two further streams is accepted.
    await expect
      .poll(async () => {
        const more = [await feed.open(`&after=${last}`), await feed.open(`&after=${last}`)]
        for (const each of more) each.close()
        return more.map((each) => each.status).sort()
      }, POLL_OPTIONS)
      .toEqual([200, 503])
    await feed.served().stop()
    expect(await waiting).toMatchObject({ status: 200, entries: [] })
    for (const each of sources) await expect.poll(each.ended, POLL_OPTIONS).toBe('whole')
    await feed.restart()
  })
})

describe.skipIf(!process.env.TEST_DATABASE_URL)('several processes', () => {
  test('EXT-36 a change written by one process reaches the streams of all processes', async () => {
    const storage = await createPostgresStorage()
    const [served, key] = await startFeedServer(storage, { PROCESSES: '2' })
    const sources: EventSource[] = []
    for (let index = 0; index < 4; index++) sources.push(await openEventStream(getChangesUrl(served)))
    for (let number = 1; number <= 4; number++) await file({ served, key }, `${number}`)
    for (const each of sources)
      await expect.poll(() => getDescriptions(each), POLL_OPTIONS).toEqual([null, '1', '2', '3', '4'])
    await served.stop()
    for (const each of sources) await expect.poll(each.ended, POLL_OPTIONS).toBe('whole')
    await storage.remove()
  })
})
