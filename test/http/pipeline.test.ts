import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { createLog } from '../../src/log.js'
import type { Catalog } from '../../src/standard/catalog.js'
import { openPostgres } from '../../src/store/database/postgres.js'
import { startChangeSubscribers } from '../../src/workers/change-subscribers.js'
import { appOver, type TestContext } from '../harness/app.js'
import { jurisdiction, service } from '../operations/city.js'

const catalog: Catalog = {
  jurisdictions: new Map([['square.example', jurisdiction([service()])]]),
  keys: new Map(),
}
const nowhere = openPostgres({
  url: 'postgres://u:planted-password@127.0.0.1:1/d',
  maxConnections: 1,
  statementTimeoutMs: 1000,
  onError: () => {},
})

function appWith({ policy, ...context }: TestContext = {}) {
  const lines: string[] = []
  const app = appOver(nowhere, () => catalog, {
    checkDatabase: () => Promise.reject(new Error()),
    log: createLog('debug', { write: (line) => void lines.push(line) }),
    policy: { maxBodyBytes: 1000, ...policy },
    ...context,
  })
  return { lines, ask: (path: string, init?: RequestInit) => app.request(`http://localhost${path}`, init) }
}

test('GR-ERR-09 GR-ERR-10 A-11 a database that is away is 503, in the format asked for, to be tried again', async () => {
  const { ask } = appWith()
  for (const path of ['requests.json', 'requests/1.json', 'tokens/1.json']) {
    const answer = await ask(`/open311/v2/${path}`)
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('5')
    expect(await answer.json()).toEqual([
      { code: 503, description: expect.stringContaining(answer.headers.get('x-request-id')!) },
    ])
  }
  expect(await (await ask('/open311/v2/requests.xml')).text()).toContain(
    '<errors><error><code>503</code><description>',
  )
  expect((await ask('/readyz')).status).toBe(503)
  expect((await ask('/healthz')).status).toBe(200)
})

test('GR-ERR-09 EXT-35 EXT-36 who cannot be told anything is refused, and waits in nobody else’s place', async () => {
  const events = { wake: () => {}, subscribe: () => () => {}, stop: async () => {} }
  const { ask, lines } = appWith({
    subscribers: startChangeSubscribers(nowhere.store, events, createLog('silent'), {
      max: 1,
      maxPerClient: 1,
      idleTimeout: 60_000,
    }),
  })
  for (let time = 0; time < 3; time++) {
    for (const [path, accept] of [
      ['changes.json?wait=60', '*/*'],
      ['changes', 'text/event-stream'],
    ] as const) {
      const answer = await ask(`/open311/v2/${path}`, { headers: { accept } })
      expect(answer.status).toBe(503)
      expect(await answer.text()).toContain(answer.headers.get('x-request-id')!)
    }
  }
  expect(lines.join()).not.toContain('planted')
})

test('GR-ERR-09 A-11 a fault of ours is 500 without inner text; the log has where, not what', async () => {
  const broken = {
    executeQuery: () => {
      throw new Error('planted-secret in a message')
    },
  }
  const { ask, lines } = appWith({ store: broken as never })
  const answer = await ask('/open311/v2/requests.json')
  expect(answer.status).toBe(500)
  const body = await answer.text()
  expect(body + lines.join()).not.toContain('planted')
  expect(lines.join()).toContain('pipeline.test.ts')
  expect(JSON.parse(body)[0].code).toBe(500)
})

test('GR-ERR-07 A-11 a purist gets 400 for all that the standard has no other status for', async () => {
  const { ask } = appWith({ policy: { strictStatus: true } })
  for (const [path, init] of [
    ['requests.json', {}],
    ['requests.json', { method: 'DELETE' }],
    ['requests.json', { method: 'POST', body: 'x'.repeat(2000) }],
  ] as const) {
    const answer = await ask(`/open311/v2/${path}`, init)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toEqual([{ code: 400, description: expect.any(String) }])
  }
  expect((await ask('/open311/v2/services/NONE.xml')).status).toBe(404)
})

test('EXT-35 A-11 too many waiting calls of one client are 429 in the format asked for, and 400 to a purist', async () => {
  const events = { wake: () => {}, subscribe: () => () => {}, stop: async () => {} }
  const limits = { max: 1, maxPerClient: 0, idleTimeout: 60_000 }
  for (const [strictStatus, status] of [
    [false, 429],
    [true, 400],
  ] as const) {
    const subscribers = startChangeSubscribers(nowhere.store, events, createLog('silent'), limits)
    const { ask } = appWith({ policy: { strictStatus }, subscribers })
    for (const [path, accept] of [
      ['changes.json?wait=60', '*/*'],
      ['changes', 'text/event-stream, application/json'],
    ] as const) {
      const answer = await ask(`/open311/v2/${path}`, { headers: { accept } })
      expect(answer.status).toBe(status)
      expect(answer.headers.get('retry-after')).toBe('5')
      expect(await answer.json()).toEqual([{ code: status, description: expect.any(String) }])
    }
    const stream = await ask('/open311/v2/changes', { headers: { accept: 'text/event-stream' } })
    expect(await stream.text()).toContain(`<errors><error><code>${status}</code>`)
    subscribers.stop()
  }
})

test('A-58 GR-SVC-01 services, definitions and discovery are answered from memory, and 304 to who has them', async () => {
  const { ask } = appWith()
  for (const path of [
    '/open311/v2/services.json',
    '/open311/v2/services/LAMP.xml',
    '/open311/discovery.json',
    '/open311/v2/discovery.xml',
    '/',
  ]) {
    expect((await ask(path)).status).toBe(200)
  }
  const first = await ask('/open311/v2/services.json')
  const again = await ask('/open311/v2/services.json', {
    headers: { 'if-none-match': `"x", ${first.headers.get('etag')?.replace('W/', '')}` },
  })
  expect(again.status).toBe(304)
  expect(await again.text()).toBe('')
  expect(first.headers.get('last-modified')).toBe('Thu, 01 Jan 2026 00:00:00 GMT')
})

test('A-58 GR-SVC-01 what is kept is packed as the client takes it, and says so', async () => {
  const many = Array.from({ length: 50 }, (_, index) =>
    service({ service_code: `S${index}`, service_name: `Service ${index}` }),
  )
  const { ask } = appWith({
    catalog: () => ({ jurisdictions: new Map([['s', jurisdiction(many)]]), keys: new Map() }),
  })
  const plain = await (await ask('/open311/v2/services.json')).text()
  for (const [accepted, coding, unpack] of [
    ['gzip, deflate, br', 'br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
  ] as const) {
    const answer = await ask('/open311/v2/services.json', { headers: { 'accept-encoding': accepted } })
    expect(answer.headers.get('content-encoding')).toBe(coding)
    expect(answer.headers.get('vary')).toContain('Accept-Encoding')
    expect(unpack(Buffer.from(await answer.arrayBuffer())).toString()).toBe(plain)
  }
  for (const accepted of ['deflate', 'gzip;q=0', 'identity']) {
    expect(
      (await ask('/open311/v2/services.json', { headers: { 'accept-encoding': accepted } })).headers.get(
        'content-encoding',
      ),
    ).toBeNull()
  }
})

test('A-59 texts in the language asked for, where the catalog has it; codes stay', async () => {
  const translations = { es: { service_name: 'Farola', group: 'Luz', attributes: {} } }
  const translated = {
    jurisdictions: new Map([['square.example', jurisdiction([service({ translations })])]]),
    keys: new Map(),
  }
  const { ask } = appWith({ catalog: () => translated })
  const name = async (path: string, language?: string) =>
    (await (await ask(path, language ? { headers: { 'accept-language': language } } : {})).json())[0]
      .service_name
  expect(await name('/open311/v2/services.json')).toBe('Lamp')
  expect(await name('/open311/v2/services.json?locale=es')).toBe('Farola')
  expect(await name('/open311/v2/services.json', 'de, es-MX;q=0.8')).toBe('Farola')
  expect(await name('/open311/v2/services.json', 'de')).toBe('Lamp')
  expect(await name('/open311/v2/services.json', 'en-US,en;q=0.9,es;q=0.8')).toBe('Lamp')
  expect(await name('/open311/v2/services.json?locale=de')).toBe('Lamp')
})

test('A-06 there is no singular path', async () => {
  expect((await appWith().ask('/open311/v2/request/1.json')).status).toBe(404)
})

test('DISC-04 the page for people shows what is published, and nothing that is not text', async () => {
  const odd = jurisdiction([], { name: '<script>alert(1)</script>', contact: '"&<b>' })
  const { ask } = appWith({ catalog: () => ({ jurisdictions: new Map([['o', odd]]), keys: new Map() }) })
  for (const path of ['/', '/open311/v2', '/open311/v2/', '/open311/test/v2']) {
    const answer = await ask(path)
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
    const page = await answer.text()
    expect(page).toContain('https://city.example/open311/v2/services.xml')
    expect(page).not.toMatch(/<script|<b>/)
  }
})
