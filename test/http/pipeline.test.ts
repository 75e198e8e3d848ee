import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { createLog } from '../../src/log.js'
import type { Catalog } from '../../src/standard/catalog.js'
import { openPostgres } from '../../src/store/database/postgres.js'
import { startChangeSubscribers } from '../../src/workers/change-subscribers.js'
import { createTestApp, type TestContext } from '../harness/app.js'
import { jurisdiction, service } from '../operations/city.js'

const catalog: Catalog = {
  jurisdictions: new Map([['square.example', jurisdiction([service()])]]),
  keys: new Map(),
}
const unreachable = openPostgres({
  url: 'postgres://u:planted-password@127.0.0.1:1/d',
  maxConnections: 1,
  statementTimeoutMs: 1000,
  onError: () => {},
})

function appWith({ policy, ...context }: TestContext = {}) {
  const lines: string[] = []
  const app = createTestApp(unreachable, () => catalog, {
    checkDatabase: () => Promise.reject(new Error()),
    log: createLog('debug', { write: (line) => void lines.push(line) }),
    policy: { maxBodyBytes: 1000, ...policy },
    ...context,
  })
  return {
    lines,
    request: (path: string, init?: RequestInit) => app.request(`http://localhost${path}`, init),
  }
}

test('GR-ERR-09 GR-ERR-10 A-11 sends 503 with Retry-After in the requested format if the database is unreachable', async () => {
  const { request } = appWith()
  for (const path of ['requests.json', 'requests/1.json', 'tokens/1.json']) {
    const response = await request(`/open311/v2/${path}`)
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('5')
    expect(await response.json()).toEqual([
      { code: 503, description: expect.stringContaining(response.headers.get('x-request-id')!) },
    ])
  }
  expect(await (await request('/open311/v2/requests.xml')).text()).toContain(
    '<errors><error><code>503</code><description>',
  )
  expect((await request('/readyz')).status).toBe(503)
  expect((await request('/healthz')).status).toBe(200)
})

test('GR-ERR-09 EXT-35 EXT-36 refuses to wait for changes if the database is unreachable, and occupies no subscriber slot', async () => {
  const events = { wake: () => {}, subscribe: () => () => {}, stop: async () => {} }
  const { request, lines } = appWith({
    subscribers: startChangeSubscribers(unreachable.store, events, createLog('silent'), {
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
      const response = await request(`/open311/v2/${path}`, { headers: { accept } })
      expect(response.status).toBe(503)
      expect(await response.text()).toContain(response.headers.get('x-request-id')!)
    }
  }
  expect(lines.join()).not.toContain('planted')
})

test('GR-ERR-09 A-11 sends 500 without the error message on an internal error; the log has the stack without the message', async () => {
  const broken = {
    executeQuery: () => {
      throw new Error('planted-secret in a message')
    },
  }
  const { request, lines } = appWith({ store: broken as never })
  const response = await request('/open311/v2/requests.json')
  expect(response.status).toBe(500)
  const body = await response.text()
  expect(body + lines.join()).not.toContain('planted')
  expect(lines.join()).toContain('pipeline.test.ts')
  expect(JSON.parse(body)[0].code).toBe(500)
})

test('GR-ERR-07 A-11 sends 400 instead of statuses that the standard does not know if STRICT_STATUS is set', async () => {
  const { request } = appWith({ policy: { strictStatus: true } })
  for (const [path, init] of [
    ['requests.json', {}],
    ['requests.json', { method: 'DELETE' }],
    ['requests.json', { method: 'POST', body: 'x'.repeat(2000) }],
  ] as const) {
    const response = await request(`/open311/v2/${path}`, init)
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual([{ code: 400, description: expect.any(String) }])
  }
  expect((await request('/open311/v2/services/NONE.xml')).status).toBe(404)
})

test('EXT-35 A-11 sends 429 in the requested format if a client has too many waiting requests, and 400 if STRICT_STATUS is set', async () => {
  const events = { wake: () => {}, subscribe: () => () => {}, stop: async () => {} }
  const limits = { max: 1, maxPerClient: 0, idleTimeout: 60_000 }
  for (const [strictStatus, status] of [
    [false, 429],
    [true, 400],
  ] as const) {
    const subscribers = startChangeSubscribers(unreachable.store, events, createLog('silent'), limits)
    const { request } = appWith({ policy: { strictStatus }, subscribers })
    for (const [path, accept] of [
      ['changes.json?wait=60', '*/*'],
      ['changes', 'text/event-stream, application/json'],
    ] as const) {
      const response = await request(`/open311/v2/${path}`, { headers: { accept } })
      expect(response.status).toBe(status)
      expect(response.headers.get('retry-after')).toBe('5')
      expect(await response.json()).toEqual([{ code: status, description: expect.any(String) }])
    }
    const stream = await request('/open311/v2/changes', { headers: { accept: 'text/event-stream' } })
    expect(await stream.text()).toContain(`<errors><error><code>${status}</code>`)
    subscribers.stop()
  }
})

test('A-58 GR-SVC-01 serves services, definitions and discovery from memory, and 304 to clients that have them', async () => {
  const { request } = appWith()
  for (const path of [
    '/open311/v2/services.json',
    '/open311/v2/services/LAMP.xml',
    '/open311/discovery.json',
    '/open311/v2/discovery.xml',
    '/',
  ]) {
    expect((await request(path)).status).toBe(200)
  }
  const first = await request('/open311/v2/services.json')
  const again = await request('/open311/v2/services.json', {
    headers: { 'if-none-match': `"x", ${first.headers.get('etag')?.replace('W/', '')}` },
  })
  expect(again.status).toBe(304)
  expect(await again.text()).toBe('')
  expect(first.headers.get('last-modified')).toBe('Thu, 01 Jan 2026 00:00:00 GMT')
})

test('A-58 GR-SVC-01 compresses cached responses with an encoding that the client accepts, and declares it', async () => {
  const many = Array.from({ length: 50 }, (_, index) =>
    service({ service_code: `S${index}`, service_name: `Service ${index}` }),
  )
  const { request } = appWith({
    catalog: () => ({ jurisdictions: new Map([['s', jurisdiction(many)]]), keys: new Map() }),
  })
  const plain = await (await request('/open311/v2/services.json')).text()
  for (const [accepted, coding, decompress] of [
    ['gzip, deflate, br', 'br', brotliDecompressSync],
    ['gzip', 'gzip', gunzipSync],
  ] as const) {
    const response = await request('/open311/v2/services.json', { headers: { 'accept-encoding': accepted } })
    expect(response.headers.get('content-encoding')).toBe(coding)
    expect(response.headers.get('vary')).toContain('Accept-Encoding')
    expect(decompress(Buffer.from(await response.arrayBuffer())).toString()).toBe(plain)
  }
  for (const accepted of ['deflate', 'gzip;q=0', 'identity']) {
    expect(
      (await request('/open311/v2/services.json', { headers: { 'accept-encoding': accepted } })).headers.get(
        'content-encoding',
      ),
    ).toBeNull()
  }
})

test('A-59 serves texts in the requested language if the catalog has it', async () => {
  const translations = { es: { service_name: 'Farola', group: 'Luz', attributes: {} } }
  const translated = {
    jurisdictions: new Map([['square.example', jurisdiction([service({ translations })])]]),
    keys: new Map(),
  }
  const { request } = appWith({ catalog: () => translated })
  const getName = async (path: string, language?: string) =>
    (await (await request(path, language ? { headers: { 'accept-language': language } } : {})).json())[0]
      .service_name
  expect(await getName('/open311/v2/services.json')).toBe('Lamp')
  expect(await getName('/open311/v2/services.json?locale=es')).toBe('Farola')
  expect(await getName('/open311/v2/services.json', 'de, es-MX;q=0.8')).toBe('Farola')
  expect(await getName('/open311/v2/services.json', 'de')).toBe('Lamp')
  expect(await getName('/open311/v2/services.json', 'en-US,en;q=0.9,es;q=0.8')).toBe('Lamp')
  expect(await getName('/open311/v2/services.json?locale=de')).toBe('Lamp')
})

test('A-06 sends 404 for the singular path request/ID', async () => {
  expect((await appWith().request('/open311/v2/request/1.json')).status).toBe(404)
})

test('DISC-04 the HTML page shows the discovery document, and escapes its texts', async () => {
  const odd = jurisdiction([], { name: '<script>alert(1)</script>', contact: '"&<b>' })
  const { request } = appWith({ catalog: () => ({ jurisdictions: new Map([['o', odd]]), keys: new Map() }) })
  for (const path of ['/', '/open311/v2', '/open311/v2/', '/open311/test/v2']) {
    const response = await request(path)
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    const page = await response.text()
    expect(page).toContain('https://city.example/open311/v2/services.xml')
    expect(page).not.toMatch(/<script|<b>/)
  }
})
