import { rm } from 'node:fs/promises'
import { request } from 'node:http'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { georeport, type Served, type Storage, serveOn, storages } from '../harness/server-process.js'
import * as town from '../harness/squareton.js'

interface Heard {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: Buffer
}

/** Long enough that it is worth packing, and in two languages. */
const services = Array.from({ length: 30 }, (_, index) => ({
  service_code: `S-${index}`,
  service_name: `Service ${index}`,
  description: 'What is done when somebody asks for it.',
  translations: { de: { service_name: `Dienst ${index}` } },
}))

describe.each(storages)('ready answers on $kind', ({ create }) => {
  let storage: Storage
  let served: Served
  let folder: string

  /** A call with these headers and no others. */
  function call(path: string, headers: Record<string, string> = {}, { method = 'GET', body = '' } = {}) {
    return new Promise<Heard>((done, fail) => {
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
  /** The first answer, which is made, and the second, which is ready; but for what differs with every call. */
  async function twice(...given: Parameters<typeof call>): Promise<[Heard, Heard]> {
    const heard = [await call(...given), await call(...given)] as [Heard, Heard]
    const ids = heard.map(({ headers }) => headers['x-request-id'])
    expect(ids.every(Boolean) && new Set(ids).size).toBe(2)
    for (const { headers } of heard) for (const own of ['x-request-id', 'date']) delete headers[own]
    return heard
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
    folder = await town.newFolder()
    await town.writeTown(folder, { services })
    served = await serveOn(storage, { DEMO: 'false' })
    await georeport(served.environment, 'load', folder)
    while ((await call('/services.json')).status !== 200) await new Promise((done) => setTimeout(done, 20))
  })
  afterAll(async () => {
    await served?.stop()
    await storage?.remove()
    await rm(folder, { recursive: true, force: true })
  })

  test.each([...PATHS, '/services/S-1.json'])(
    'A-58 EXT-06 %s is the same again, also for who has it',
    async (path) => {
      const [made, ready] = await twice(path)
      expect(made.status).toBe(200)
      expect(ready).toEqual(made)
      const etag = String(made.headers.etag)
      const [known, knownReady] = await twice(path, { 'if-none-match': etag })
      expect([known.status, known.body.length, known.headers.etag]).toEqual([304, 0, etag])
      expect(knownReady).toEqual(known)
      expect((await call(path, { 'if-none-match': 'W/"other"' })).status).toBe(200)
      expect((await call(path)).body).toEqual(made.body)
    },
  )

  test('A-58 answers packed in different ways do not mix', async () => {
    const plain = (await call('/services.json')).body
    for (let round = 0; round < 2; round++) {
      for (const [coding, unpack] of [
        ['gzip', gunzipSync],
        ['br', brotliDecompressSync],
      ] as const) {
        const packed = await call('/services.json', { 'accept-encoding': coding })
        expect(packed.headers['content-encoding']).toBe(coding)
        expect(Number(packed.headers['content-length'])).toBe(packed.body.length)
        expect(unpack(packed.body)).toEqual(plain)
      }
      const none = await call('/services.json', { 'accept-encoding': 'identity' })
      expect([none.headers['content-encoding'], none.body]).toEqual([undefined, plain])
    }
  })

  test('A-38 A-59 EXT-01 EXT-09 formats and languages do not mix', async () => {
    for (let round = 0; round < 2; round++) {
      const json = await call('/services', { accept: 'application/json' })
      expect(json.headers['content-type']).toContain('application/json')
      const xml = await call('/services', { accept: 'text/xml' })
      expect(xml.headers['content-type']).toContain('text/xml')
      expect((await call('/services')).body).toEqual(xml.body)
      const german = await call('/services.json', { 'accept-language': 'de' })
      expect(german.body.toString()).toContain('Dienst 1')
      expect((await call('/services.json?locale=de')).body).toEqual(german.body)
      const english = await call('/services.json', { 'accept-language': 'en' })
      expect(english.body.toString()).not.toContain('Dienst')
      expect(english.body).toEqual(json.body)
    }
  })

  test('GR-GEN-08 GR-POST-02 other methods, and a GET with a body, are not answered with what is ready', async () => {
    const [{ body, headers }] = await twice('/services.json')
    const head = await call('/services.json', {}, { method: 'HEAD' })
    expect([head.status, head.body.length, head.headers.etag]).toEqual([200, 0, headers.etag])
    expect((await call('/services.json', {}, { method: 'POST' })).status).toBe(405)
    const requests = await call('/requests.json')
    expect(requests.status).toBe(200)
    expect((await call('/requests.json', {}, { method: 'POST' })).status).toBe(403)
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    const withBody = { ...type, 'content-length': '9' }
    const asked = await call('/services.json', withBody, { body: 'locale=de' })
    expect([asked.status, asked.body]).toEqual([200, body])
    const chunked = await call('/services.json', { ...type, 'transfer-encoding': 'chunked' }, { body: 'x=1' })
    expect([chunked.status, chunked.body]).toEqual([200, body])
  })

  test('EXT-23 what depends on a place is never ready', async () => {
    expect((await call('/services.json?lat=52&long=12')).body.toString()).toContain('S-1')
    const [first, second] = await twice('/services.json?lat=0&long=0')
    expect([first.body.toString(), second.body.toString()]).toEqual(['[]', '[]'])
    expect((await call('/services.json?lat=0')).status).toBe(400)
    expect((await call('/services.json?lat=0')).status).toBe(400)
  })

  test('A-58 every answer has its line in the log, the ready ones too', async () => {
    await call('/services.xml?for=log')
    const { headers } = await call('/services.xml?for=log')
    const find = () =>
      served
        .log()
        .split('\n')
        .find((line) => line.includes(String(headers['x-request-id'])))
    while (!find()) await new Promise((done) => setTimeout(done, 10))
    expect(JSON.parse(find()!)).toMatchObject({
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

  // Last, for it changes what the others read.
  test('DISC-07 EXT-21 a change of the catalog is seen in all that was ready, with another ETag', async () => {
    const before = new Map<string, Heard>()
    for (const path of PATHS) before.set(path, (await twice(path))[1])
    const renamed = services.map((each) => ({ ...each, service_name: `New ${each.service_name}` }))
    await town.writeTown(folder, { services: renamed })
    expect(await georeport(served.environment, 'load', folder)).toMatchObject({ exit: 0 })
    await expect.poll(async () => (await call('/services.json')).body.toString()).toContain('New Service 1')
    for (const path of PATHS) {
      const [made, ready] = await twice(path)
      expect(made.headers.etag, path).not.toBe(before.get(path)!.headers.etag)
      expect(ready).toEqual(made)
      const etag = String(before.get(path)!.headers.etag)
      expect((await call(path, { 'if-none-match': etag })).status).toBe(200)
    }
  })
})
