import { rm } from 'node:fs/promises'
import { request } from 'node:http'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  georeport,
  type ServerProcess,
  type Storage,
  startServer,
  storages,
} from '../harness/server-process.js'
import * as town from '../harness/squareton.js'

interface HttpResponse {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: Buffer
}

/** Large enough for compression, and in two languages. */
const services = Array.from({ length: 30 }, (_, index) => ({
  service_code: `S-${index}`,
  service_name: `Service ${index}`,
  description: 'What is done when somebody asks for it.',
  translations: { de: { service_name: `Dienst ${index}` } },
}))

describe.each(storages)('response cache on $kind', ({ create }) => {
  let storage: Storage
  let served: ServerProcess
  let folder: string

  /** Sends a request with exactly these headers. */
  function sendRequest(
    path: string,
    headers: Record<string, string> = {},
    { method = 'GET', body = '' } = {},
  ) {
    return new Promise<HttpResponse>((done, fail) => {
      const out = request(`${served.origin}/open311/v2${path}`, { method, headers }, (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk) => chunks.push(chunk))
        answer.on('end', () =>
          done({ status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(chunks) }),
        )
      })
      out.on('error', fail)
      out.end(body)
    })
  }
  /** Returns the first response, which is computed, and the second, which is cached, without per-request headers. */
  async function requestTwice(
    ...input: Parameters<typeof sendRequest>
  ): Promise<[HttpResponse, HttpResponse]> {
    const responses = [await sendRequest(...input), await sendRequest(...input)] as [
      HttpResponse,
      HttpResponse,
    ]
    const ids = responses.map(({ headers }) => headers['x-request-id'])
    expect(ids.every(Boolean) && new Set(ids).size).toBe(2)
    for (const { headers } of responses) for (const own of ['x-request-id', 'date']) delete headers[own]
    return responses
  }
  const PATHS = [
    '/services.json',
    '/services.xml',
    '/services/S-1/schema.json',
    '/definitions.xml',
    '/discovery.json',
  ]

  beforeAll(async () => {
    storage = await create()
    folder = await town.createFolder()
    await town.writeTown(folder, { services })
    served = await startServer(storage, { DEMO: 'false' })
    await georeport(served.environment, 'load', folder)
    while ((await sendRequest('/services.json')).status !== 200)
      await new Promise((done) => setTimeout(done, 20))
  })
  afterAll(async () => {
    await served?.stop()
    await storage?.remove()
    await rm(folder, { recursive: true, force: true })
  })

  test.each([...PATHS, '/services/S-1.json'])(
    'A-58 EXT-06 the cached response to %s equals the computed one, and so does a cached 304',
    async (path) => {
      const [computed, cached] = await requestTwice(path)
      expect(computed.status).toBe(200)
      expect(cached).toEqual(computed)
      const etag = String(computed.headers.etag)
      const [notModified, cachedNotModified] = await requestTwice(path, { 'if-none-match': etag })
      expect([notModified.status, notModified.body.length, notModified.headers.etag]).toEqual([304, 0, etag])
      expect(cachedNotModified).toEqual(notModified)
      expect((await sendRequest(path, { 'if-none-match': 'W/"other"' })).status).toBe(200)
      expect((await sendRequest(path)).body).toEqual(computed.body)
    },
  )

  test('A-58 caches each content coding separately', async () => {
    const plain = (await sendRequest('/services.json')).body
    for (let round = 0; round < 2; round++) {
      for (const [coding, decompress] of [
        ['gzip', gunzipSync],
        ['br', brotliDecompressSync],
      ] as const) {
        const compressed = await sendRequest('/services.json', { 'accept-encoding': coding })
        expect(compressed.headers['content-encoding']).toBe(coding)
        expect(Number(compressed.headers['content-length'])).toBe(compressed.body.length)
        expect(decompress(compressed.body)).toEqual(plain)
      }
      const none = await sendRequest('/services.json', { 'accept-encoding': 'identity' })
      expect([none.headers['content-encoding'], none.body]).toEqual([undefined, plain])
    }
  })

  test('A-38 A-59 EXT-01 EXT-09 caches each format and language separately', async () => {
    for (let round = 0; round < 2; round++) {
      const json = await sendRequest('/services', { accept: 'application/json' })
      expect(json.headers['content-type']).toContain('application/json')
      const xml = await sendRequest('/services', { accept: 'text/xml' })
      expect(xml.headers['content-type']).toContain('text/xml')
      expect((await sendRequest('/services')).body).toEqual(xml.body)
      const german = await sendRequest('/services.json', { 'accept-language': 'de' })
      expect(german.body.toString()).toContain('Dienst 1')
      expect((await sendRequest('/services.json?locale=de')).body).toEqual(german.body)
      const english = await sendRequest('/services.json', { 'accept-language': 'en' })
      expect(english.body.toString()).not.toContain('Dienst')
      expect(english.body).toEqual(json.body)
    }
  })

  test('GR-GEN-08 GR-POST-02 does not use the cached GET response for other methods or for arguments in a body', async () => {
    const [{ body, headers }] = await requestTwice('/services.json')
    const head = await sendRequest('/services.json', {}, { method: 'HEAD' })
    expect([head.status, head.body.length, head.headers.etag]).toEqual([200, 0, headers.etag])
    expect((await sendRequest('/services.json', {}, { method: 'POST' })).status).toBe(405)
    const requests = await sendRequest('/requests.json')
    expect(requests.status).toBe(200)
    expect((await sendRequest('/requests.json', {}, { method: 'POST' })).status).toBe(403)
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    const withBody = { ...type, 'content-length': '9' }
    const formGet = await sendRequest('/services.json', withBody, { body: 'locale=de' })
    expect([formGet.status, formGet.body]).toEqual([200, body])
    const chunked = await sendRequest(
      '/services.json',
      { ...type, 'transfer-encoding': 'chunked' },
      { body: 'x=1' },
    )
    expect([chunked.status, chunked.body]).toEqual([200, body])
  })

  test('EXT-23 does not cache responses that depend on lat and long', async () => {
    expect((await sendRequest('/services.json?lat=52&long=12')).body.toString()).toContain('S-1')
    const [first, second] = await requestTwice('/services.json?lat=0&long=0')
    expect([first.body.toString(), second.body.toString()]).toEqual(['[]', '[]'])
    expect((await sendRequest('/services.json?lat=0')).status).toBe(400)
    expect((await sendRequest('/services.json?lat=0')).status).toBe(400)
  })

  test('A-58 logs every response, cached ones too', async () => {
    await sendRequest('/services.xml?for=log')
    const { headers } = await sendRequest('/services.xml?for=log')
    const findLine = () =>
      served
        .log()
        .split('\n')
        .find((line) => line.includes(String(headers['x-request-id'])))
    while (!findLine()) await new Promise((done) => setTimeout(done, 10))
    expect(JSON.parse(findLine()!)).toMatchObject({
      msg: 'request',
      operation: 'GET services',
      method: 'GET',
      status: 200,
      format: 'xml',
      jurisdiction_id: town.SQUARETON,
      endpoint: 'production',
      ms: expect.any(Number),
    })
  })

  // Last, because it changes the catalog that the other tests read.
  test('DISC-07 EXT-21 a catalog change replaces all cached responses and changes their ETags', async () => {
    const before = new Map<string, HttpResponse>()
    for (const path of PATHS) before.set(path, (await requestTwice(path))[1])
    const renamed = services.map((each) => ({ ...each, service_name: `New ${each.service_name}` }))
    await town.writeTown(folder, { services: renamed })
    expect(await georeport(served.environment, 'load', folder)).toMatchObject({ exit: 0 })
    await expect
      .poll(async () => (await sendRequest('/services.json')).body.toString())
      .toContain('New Service 1')
    for (const path of PATHS) {
      const [computed, cached] = await requestTwice(path)
      expect(computed.headers.etag, path).not.toBe(before.get(path)!.headers.etag)
      expect(cached).toEqual(computed)
      const etag = String(before.get(path)!.headers.etag)
      expect((await sendRequest(path, { 'if-none-match': etag })).status).toBe(200)
    }
  })
})
