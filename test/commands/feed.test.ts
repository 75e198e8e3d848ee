import { connect } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type EventSource, openEvents } from '../event-source.js'
import { georeport, newPostgresStorage, type Served, type Storage, serveOn, storages } from '../serving.js'

const TOWN = 'harbourview.example'
const MOST = 4
/** For what has to come, far above what it takes. */
const SOON = { timeout: 30_000 }
/** In seconds; nothing here takes as long, unless it waits until its time is over. */
const LONG = 60

interface Entry {
  seq: number
  change: string
  service_request_id: string
  service_request: { description: string } | null
}

const ENVIRONMENT = {
  DEMO: 'false',
  IDLE_TIMEOUT: '3000',
  MAX_FOLLOWERS: String(MOST),
  MAX_WAIT: String(LONG),
}

/** A server with two towns, and a key. */
async function start(storage: Storage, environment: Record<string, string> = {}): Promise<[Served, string]> {
  const served = await serveOn(storage, { ...ENVIRONMENT, ...environment })
  await georeport(served.environment, 'load', 'fixtures/two-towns')
  const key = (await georeport(served.environment, 'keys', 'create', '--name', 'k')).out
  // It hears of the key a moment after the command is done.
  while ((await file({ served, key }, '')).status !== 200) await new Promise((done) => setTimeout(done, 20))
  return [served, key]
}

function file({ served, key }: { served: Served; key: string }, description: string): Promise<Response> {
  return fetch(`${served.origin}/open311/v2/requests.json`, {
    method: 'POST',
    body: new URLSearchParams({
      api_key: key,
      jurisdiction_id: TOWN,
      service_code: 'POTHOLE',
      address_string: 'Quay 1',
      description,
    }),
  })
}

const changesOf = (served: Served, query = '') =>
  `${served.origin}/open311/v2/changes?jurisdiction_id=${TOWN}${query}`

describe.each(storages)('on $kind', ({ create }) => {
  let storage: Storage
  let served: Served
  let key: string
  const opened: EventSource[] = []
  const open = async (query = '', headers: Record<string, string> = {}) => {
    const source = await openEvents(changesOf(served, query), headers)
    opened.push(source)
    return source
  }
  const fileOne = (description: string) => file({ served, key }, description)
  const readOn = async (after: number, query = '') => {
    const answer = await fetch(changesOf(served, `&after=${after}${query}`), {
      headers: { accept: 'application/json' },
    })
    return { status: answer.status, headers: answer.headers, entries: (await answer.json()) as Entry[] }
  }
  const lastSeq = async () => Number((await readOn(0, '&limit=1')).headers.get('x-last-seq'))
  const described = ({ events }: EventSource) =>
    events.map(({ data }) => JSON.parse(data).service_request.description)

  beforeAll(async () => {
    storage = await create()
    ;[served, key] = await start(storage)
  })
  afterEach(async () => {
    for (const each of opened.splice(0)) each.close()
  })
  afterAll(async () => {
    await served?.stop()
    await storage?.remove()
  })

  test('EXT-36 a stream tells what was, and then what happens; who comes back goes on where it was', async () => {
    await expect.poll(lastSeq, SOON).toBe(1)
    const source = await open('', { 'accept-encoding': 'gzip, br' })
    expect(source.status).toBe(200)
    expect(source.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'access-control-allow-origin': '*',
    })
    expect(source.headers['content-encoding']).toBeUndefined()
    await expect.poll(() => source.events.length, SOON).toBe(1)
    await fileOne('second')
    await fileOne('third')
    await expect.poll(() => source.events.length, SOON).toBe(3)
    expect(source.events.map(({ id, event }) => [id, event])).toEqual([
      ['1', 'create'],
      ['2', 'create'],
      ['3', 'create'],
    ])
    source.close()
    await fileOne('fourth')
    // As a browser does: the address of before, and what it has by a header.
    const again = await open('&after=0', { 'last-event-id': '2' })
    await expect.poll(() => described(again), SOON).toEqual(['third', 'fourth'])
    expect(again.events.map(({ id }) => id)).toEqual(['3', '4'])
    const { entries } = await readOn(0)
    expect(again.events.map(({ data }) => JSON.parse(data))).toEqual(entries.slice(2))
    expect((await open('', { 'last-event-id': 'x' })).status).toBe(400)
  })

  test('EXT-36 a stream on which nothing happens is not cut; it shows that it is alive', async () => {
    const source = await open(`&after=${await lastSeq()}`)
    // More of them than fit into the time after which what is idle is cut.
    await expect.poll(source.comments, SOON).toBeGreaterThan(4)
    await fileOne('after a while')
    await expect.poll(() => described(source), SOON).toEqual(['after a while'])
    expect(source.ended()).toBeNull()
  })

  test('EXT-35 a call that waits is answered when something happens, at once if there is something, and empty when its time is over', async () => {
    const last = await lastSeq()
    const started = performance.now()
    // Somebody waits for something later, and hears nothing of this.
    const later = readOn(last + 5, '&wait=1')
    const waiting = [readOn(last, `&wait=${LONG}`), readOn(last, `&wait=${LONG}&limit=1`)]
    // What is longer than a connection may be idle ends before, and is asked again.
    const heard = waiting.map(async (answer) => {
      let entries = (await answer).entries
      while (entries.length === 0) entries = (await readOn(last, `&wait=${LONG}`)).entries
      return entries.map((each) => each.service_request!.description)
    })
    await fileOne('awaited')
    expect(await Promise.all(heard)).toEqual([['awaited'], ['awaited']])
    expect(performance.now() - started).toBeLessThan(LONG * 1000)
    expect((await later).entries).toEqual([])
    expect((await readOn(last, `&wait=${LONG}`)).entries).toHaveLength(1)
    expect((await readOn(last, `&wait=${LONG + 1}`)).status).toBe(400)
  })

  test('EXT-35 one connection has one place among those who wait, and none when it is closed', async () => {
    const { hostname, port } = new URL(served.origin)
    const path = `/open311/v2/changes.json?jurisdiction_id=${TOWN}&after=999999&wait=${LONG}`
    const socket = connect(Number(port), hostname)
    let heard = ''
    socket.on('data', (chunk) => {
      heard += chunk
    })
    // Pipelined: all at once, without waiting for an answer.
    socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`.repeat(MOST * 3))
    const others = Array.from({ length: MOST - 1 }, () => open('&after=999999'))
    await Promise.all(others)
    expect(
      (await fetch(changesOf(served, '&after=999999'), { headers: { accept: 'text/event-stream' } })).status,
    ).toBe(503)
    socket.destroy()
    expect(heard).toBe('')
    await expect
      .poll(async () => {
        const ending = new AbortController()
        const { status } = await fetch(changesOf(served, '&after=999999'), {
          headers: { accept: 'text/event-stream' },
          signal: ending.signal,
        })
        ending.abort()
        return status
      }, SOON)
      .toBe(200)
  })

  test('EXT-35 EXT-36 there is a limit to those who wait; who hangs up makes room at once', async () => {
    const last = await lastSeq()
    for (let index = 0; index < MOST - 1; index++) expect((await open(`&after=${last}`)).status).toBe(200)
    const hangingUp = new AbortController()
    const waiting = fetch(changesOf(served, `&after=${last}&wait=${LONG}`), {
      signal: hangingUp.signal,
    }).catch(() => null)
    await expect
      .poll(async () => {
        const one = await openEvents(changesOf(served, `&after=${last}`))
        one.close()
        return one.status
      }, SOON)
      .toBe(503)
    const refused = await readOn(last, '&wait=1')
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5'])
    // Reading needs no room, nor does asking for headers.
    expect((await readOn(0)).status).toBe(200)
    hangingUp.abort()
    expect(await waiting).toBeNull()
    await expect.poll(async () => (await readOn(last, '&wait=1')).status, SOON).toBe(200)
    opened[0]!.close()
    const head = () => fetch(changesOf(served), { method: 'HEAD', headers: { accept: 'text/event-stream' } })
    for (let index = 0; index < MOST; index++) {
      await expect.poll(async () => (await head()).status, SOON).toBe(200)
    }
    await expect.poll(async () => (await open(`&after=${last}`)).status, SOON).toBe(200)
  })

  test('EXT-35 EXT-36 one client cannot take the places of all, however it calls itself', async () => {
    const storage = await create()
    const limits = { MAX_FOLLOWERS: '10', MAX_FOLLOWERS_PER_ADDRESS: '2', TRUST_PROXY: '1' }
    const [proxied] = await start(storage, limits)
    const follow = async (forwarded: string) => {
      const source = await openEvents(changesOf(proxied), { 'x-forwarded-for': forwarded })
      opened.push(source)
      return source
    }
    const first = await follow('198.51.100.7')
    expect([first.status, (await follow('203.0.113.1, 198.51.100.7')).status]).toEqual([200, 200])
    const refused = await follow('203.0.113.2, 198.51.100.7')
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '5'])
    const waiting = await fetch(changesOf(proxied, `&after=9&wait=${LONG}`), {
      headers: { accept: 'application/json', 'x-forwarded-for': '198.51.100.7' },
    })
    expect(waiting.status).toBe(429)
    expect(await waiting.json()).toEqual([
      { code: 429, description: expect.stringContaining('your address') },
    ])
    expect((await follow('198.51.100.8')).status).toBe(200)
    first.close()
    await expect.poll(async () => (await follow('198.51.100.7')).status, SOON).toBe(200)
    await proxied.stop()
    await storage.remove()
  })

  test('EXT-36 who takes nothing is cut, and nothing is kept for it', async () => {
    await georeport(
      served.environment,
      'sql',
      `insert into service_request (jurisdiction_id, endpoint, service_request_id, service_code, requested_datetime, updated_datetime, media_urls)
       select '${TOWN}', 'test', 'LONG-' || n, 'POTHOLE', now(), now(), array['https://a/' || repeat('x', 12000)] from generate_series(1, 600) as n`,
    )
    const url = changesOf(served).replace('/v2', '/test/v2')
    const last = async () => Number((await fetch(`${url}&limit=1`)).headers.get('x-last-seq'))
    await expect.poll(last, SOON).toBe(600)
    const slow = await openEvents(url)
    slow.pause()
    opened.push(slow)
    for (let index = 0; index < MOST - 1; index++) await open(`&after=${await lastSeq()}`)
    // Its place is free when it was cut.
    await expect.poll(async () => (await readOn(await lastSeq(), '&wait=1')).status, SOON).toBe(200)
    slow.resume()
    await expect.poll(slow.ended, SOON).toBe('cut')
    expect(slow.events.length).toBeLessThan(600)
    opened[1]!.close()
    const quick = await openEvents(url, { 'last-event-id': slow.events.at(-1)?.id ?? '0' })
    opened.push(quick)
    await expect.poll(() => slow.events.length + quick.events.length, SOON).toBe(600)
    const seqs = [...slow.events, ...quick.events].map(({ id }) => Number(id))
    expect(seqs).toEqual(seqs.map((_, index) => index + 1))
  })

  test('EXT-36 killed in the middle, the server goes on where it was: each change once, none lost', async () => {
    const heard: Entry[] = []
    const take = (source: EventSource) => heard.push(...source.events.map(({ data }) => JSON.parse(data)))
    const acknowledged: string[] = []
    const first = await lastSeq()
    const before = await open(`&after=${first}`)
    let isRunning = true
    const clients = [1, 2].map(async (client) => {
      for (let number = 0; isRunning; number++) {
        const answer = await fileOne(`${client}-${number}`).catch(() => null)
        const text = await answer?.text().catch(() => null)
        if (answer?.status === 200 && text) acknowledged.push(JSON.parse(text)[0].service_request_id)
      }
    })
    await expect.poll(() => before.events.length, SOON).toBeGreaterThan(5)
    await served.stop('SIGKILL')
    isRunning = false
    await Promise.all(clients)
    await expect.poll(before.ended, SOON).toBe('cut')
    take(before)
    served = await serveOn(storage, ENVIRONMENT)
    const source = await open('', { 'last-event-id': String(heard.at(-1)!.seq) })
    await expect
      .poll(() => {
        const ids = new Set(
          [...heard, ...source.events.map(({ data }) => JSON.parse(data) as Entry)].map(
            (each) => each.service_request_id,
          ),
        )
        return acknowledged.filter((id) => !ids.has(id))
      }, SOON)
      .toEqual([])
    take(source)
    expect(heard.map(({ seq }) => seq)).toEqual(heard.map((_, index) => first + index + 1))
    expect(new Set(heard.map((each) => each.service_request_id)).size).toBe(heard.length)
  })

  test('EXT-35 EXT-36 when the server stops, all who wait are answered at once', async () => {
    const last = await lastSeq()
    const sources = [await open(`&after=${last}`), await open(`&after=${last}`)]
    const waiting = readOn(last, `&wait=${LONG}`)
    // It waits when there is no room for two more.
    await expect
      .poll(async () => {
        const more = [await open(`&after=${last}`), await open(`&after=${last}`)]
        for (const each of more) each.close()
        return more.map((each) => each.status).sort()
      }, SOON)
      .toEqual([200, 503])
    await served.stop()
    expect(await waiting).toMatchObject({ status: 200, entries: [] })
    for (const each of sources) await expect.poll(each.ended, SOON).toBe('whole')
    served = await serveOn(storage, ENVIRONMENT)
  })
})

describe.skipIf(!process.env.TEST_DATABASE_URL)('several processes', () => {
  test('EXT-36 what one of them writes is heard of in all', async () => {
    const storage = await newPostgresStorage()
    const [served, key] = await start(storage, { PROCESSES: '2' })
    const sources: EventSource[] = []
    for (let index = 0; index < 4; index++) sources.push(await openEvents(changesOf(served)))
    for (let number = 1; number <= 4; number++) await file({ served, key }, `${number}`)
    const heard = ({ events }: EventSource) =>
      events.map(({ data }) => JSON.parse(data).service_request.description)
    for (const each of sources) await expect.poll(() => heard(each), SOON).toEqual([null, '1', '2', '3', '4'])
    await served.stop()
    for (const each of sources) await expect.poll(each.ended, SOON).toBe('whole')
    await storage.remove()
  })
})
