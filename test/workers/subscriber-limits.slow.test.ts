import { connect } from 'node:net'
import { describe, expect, test } from 'vitest'
import { openEventStream } from '../harness/event-source.js'
import { georeport, storages } from '../harness/server-process.js'
import {
  getChangesUrl,
  JURISDICTION_ID,
  LONG_WAIT_S,
  MAX_SUBSCRIBERS,
  POLL_OPTIONS,
  serveFeed,
  startFeedServer,
} from './feed-server.js'

describe.each(storages)('on $kind', ({ create }) => {
  const feed = serveFeed(create)

  test('EXT-35 pipelined long polls of one connection count as one subscriber, and as none after it is closed', async () => {
    const { hostname, port } = new URL(feed.served().origin)
    const path = `/open311/v2/changes.json?jurisdiction_id=${JURISDICTION_ID}&after=999999&wait=${LONG_WAIT_S}`
    const socket = connect(Number(port), hostname)
    let received = ''
    socket.on('data', (chunk) => {
      received += chunk
    })
    // Pipelined: all requests are sent before any response.
    socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`.repeat(MAX_SUBSCRIBERS * 3))
    const others = Array.from({ length: MAX_SUBSCRIBERS - 1 }, () => feed.open('&after=999999'))
    await Promise.all(others)
    expect(
      (await fetch(feed.changes('&after=999999'), { headers: { accept: 'text/event-stream' } })).status,
    ).toBe(503)
    socket.destroy()
    expect(received).toBe('')
    await expect
      .poll(async () => {
        const ending = new AbortController()
        const { status } = await fetch(feed.changes('&after=999999'), {
          headers: { accept: 'text/event-stream' },
          signal: ending.signal,
        })
        ending.abort()
        return status
      }, POLL_OPTIONS)
      .toBe(200)
  })

  test('EXT-35 EXT-36 subscribers beyond the limit get 503 with Retry-After; a client that disconnects frees its place at once', async () => {
    const last = await feed.lastSeq()
    for (let index = 0; index < MAX_SUBSCRIBERS - 1; index++)
      expect((await feed.open(`&after=${last}`)).status).toBe(200)
    const hangingUp = new AbortController()
    const waiting = fetch(feed.changes(`&after=${last}&wait=${LONG_WAIT_S}`), {
      signal: hangingUp.signal,
    }).catch(() => null)
    await expect
      .poll(async () => {
        const source = await openEventStream(feed.changes(`&after=${last}`))
        source.close()
        return source.status
      }, POLL_OPTIONS)
      .toBe(503)
    const refused = await feed.readChanges(last, '&wait=1')
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
    // Requests that do not wait and HEAD requests do not count as subscribers.
    expect((await feed.readChanges(0)).status).toBe(200)
    hangingUp.abort()
    expect(await waiting).toBeNull()
    await expect.poll(async () => (await feed.readChanges(last, '&wait=1')).status, POLL_OPTIONS).toBe(200)
    feed.opened[0]!.close()
    const head = () => fetch(feed.changes(), { method: 'HEAD', headers: { accept: 'text/event-stream' } })
    for (let index = 0; index < MAX_SUBSCRIBERS; index++) {
      await expect.poll(async () => (await head()).status, POLL_OPTIONS).toBe(200)
    }
    await expect.poll(async () => (await feed.open(`&after=${last}`)).status, POLL_OPTIONS).toBe(200)
  })

  test('EXT-35 EXT-36 subscribers per address are limited, and X-Forwarded-For cannot bypass the limit', async () => {
    const storage = await create()
    const limits = { MAX_SUBSCRIBERS: '10', MAX_SUBSCRIBERS_PER_ADDRESS: '2', TRUST_PROXY: '1' }
    const [proxied] = await startFeedServer(storage, limits)
    const openFrom = async (forwarded: string) => {
      const source = await openEventStream(getChangesUrl(proxied), { 'x-forwarded-for': forwarded })
      feed.opened.push(source)
      return source
    }
    const first = await openFrom('198.51.100.7')
    expect([first.status, (await openFrom('203.0.113.1, 198.51.100.7')).status]).toEqual([200, 200])
    const refused = await openFrom('203.0.113.2, 198.51.100.7')
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '5'])
    const waiting = await fetch(getChangesUrl(proxied, `&after=9&wait=${LONG_WAIT_S}`), {
      headers: { accept: 'application/json', 'x-forwarded-for': '198.51.100.7' },
    })
    expect(waiting.status).toBe(429)
    expect(await waiting.json()).toEqual([
      { code: 429, description: expect.stringContaining('your address') },
    ])
    expect((await openFrom('198.51.100.8')).status).toBe(200)
    first.close()
    await expect.poll(async () => (await openFrom('198.51.100.7')).status, POLL_OPTIONS).toBe(200)
    await proxied.stop()
    await storage.remove()
  })

  test('EXT-36 a stream whose client stops reading is closed and frees its place; the client resumes without loss', async () => {
    await georeport(
      feed.served().environment,
      'sql',
      `insert into service_request (jurisdiction_id, endpoint, service_request_id, service_code, requested_datetime, updated_datetime, media_urls)
       select '${JURISDICTION_ID}', 'test', 'LONG-' || n, 'POTHOLE', now(), now(), array['https://a/' || repeat('x', 12000)] from generate_series(1, 600) as n`,
    )
    const url = feed.changes().replace('/v2', '/test/v2')
    const last = async () => Number((await fetch(`${url}&limit=1`)).headers.get('x-last-seq'))
    await expect.poll(last, POLL_OPTIONS).toBe(600)
    const slow = await openEventStream(url)
    slow.pause()
    feed.opened.push(slow)
    for (let index = 0; index < MAX_SUBSCRIBERS - 1; index++)
      await feed.open(`&after=${await feed.lastSeq()}`)
    // The place of the slow stream is free once it is cut.
    await expect
      .poll(async () => (await feed.readChanges(await feed.lastSeq(), '&wait=1')).status, POLL_OPTIONS)
      .toBe(200)
    slow.resume()
    await expect.poll(slow.ended, POLL_OPTIONS).toBe('cut')
    expect(slow.events.length).toBeLessThan(600)
    feed.opened[1]!.close()
    const quick = await openEventStream(url, { 'last-event-id': slow.events.at(-1)?.id ?? '0' })
    feed.opened.push(quick)
    await expect.poll(() => slow.events.length + quick.events.length, POLL_OPTIONS).toBe(600)
    const seqs = [...slow.events, ...quick.events].map(({ id }) => Number(id))
    expect(seqs).toEqual(seqs.map((_, index) => index + 1))
  })
})
