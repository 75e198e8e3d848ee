import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { openUploadStore } from '../../src/media/uploads.js'
import type { Catalog } from '../../src/standard/catalog.js'
import { hashKey } from '../../src/store/catalog/api-keys.js'
import type { Store } from '../../src/store/database/database.js'
import { createTestApp } from '../harness/app.js'
import { jurisdiction, service } from '../operations/city.js'
import { noMedia } from './no-media.js'
import { drawRedAndBlue } from './pictures.js'

/** The size limit of a file; a request may have one file. */
const MAX_BYTES = 1000
const KEY = 'good-key'
const catalog: Catalog = {
  jurisdictions: new Map([['square.example', jurisdiction([service()])]]),
  keys: new Map([
    [hashKey(KEY).toString('hex'), { key_id: 1, jurisdiction_id: null, scopes: ['report'] }],
  ]) as unknown as Catalog['keys'],
}

let request: ReturnType<typeof createTestApp>['request']
let files: () => Promise<string[]>
let picture: Buffer
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'georeport-stalled-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const uploads = await openUploadStore(folder, { maxBytes: MAX_BYTES, maxFiles: 1 })
  const app = createTestApp({ store: {} as Store }, () => catalog, {
    media: { ...noMedia, uploads },
  })
  request = app.request
  files = () => readdir(folder)
  const drawn = await drawRedAndBlue(4, 4).png().toBuffer()
  picture = Buffer.concat([drawn, Buffer.alloc(MAX_BYTES - drawn.length)])
})

interface UploadRequest {
  query?: string
  headers?: Record<string, string>
  /** Text fields by name, or the picture. */
  parts: ([name: string, value: string] | 'picture')[]
}

const encodePart = (part: UploadRequest['parts'][number]): Buffer =>
  part === 'picture'
    ? Buffer.concat([
        Buffer.from('--X\r\nContent-Disposition: form-data; name="photo"; filename="p.png"\r\n\r\n'),
        picture,
        Buffer.from('\r\n'),
      ])
    : Buffer.from(`--X\r\nContent-Disposition: form-data; name="${part[0]}"\r\n\r\n${part[1]}\r\n`)

function createDeferred(): [promise: Promise<void>, fulfil: () => void] {
  let fulfil = () => {}
  const promise = new Promise<void>((done) => {
    fulfil = done
  })
  return [promise, fulfil]
}

/**
 * Starts a request that does not end until `end` is called. `sent` resolves when the server has read all parts, `response`
 * to the status and the description.
 */
function begin({ query = '', headers = {}, parts }: UploadRequest) {
  const [ended, end] = createDeferred()
  const [sent, markSent] = createDeferred()
  const chunks = parts.map(encodePart)
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const chunk = chunks.shift()
        if (chunk) return controller.enqueue(chunk)
        markSent()
        await ended
        controller.enqueue(Buffer.from('--X--\r\n'))
        controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  const response = Promise.resolve(
    request(`http://localhost/open311/v2/requests.json${query}`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=X', ...headers },
      body,
      duplex: 'half',
    } as RequestInit),
  )
  return { response: response.then(describeResponse), sent, end }
}

async function describeResponse(response: Response): Promise<string> {
  const [{ description }] = (await response.json()) as [{ description: string }]
  return `${response.status} ${description}`
}

/** Sends a whole request; it is refused for its missing fields after its files were accepted. */
function send(request: UploadRequest): Promise<string> {
  const upload = begin(request)
  upload.end()
  return upload.response
}
const ACCEPTED = '400 service_code was not provided.'
const BUSY = '503 Too many files are arriving now; please try again later.'

const KEY_FIELD: [string, string] = ['api_key', KEY]
const withKey: Record<string, UploadRequest> = {
  'a field before the file': { parts: [KEY_FIELD, 'picture'] },
  'a field of another name': { parts: [['api_key', ' '], ['api_key[]', KEY], 'picture'] },
  'the URL': { query: `?api_key=${KEY}`, parts: ['picture'] },
  'a header': { headers: { authorization: `Bearer ${KEY}` }, parts: ['picture'] },
}
const withLateKey: Record<string, UploadRequest> = {
  'a field after the file': { parts: ['picture', KEY_FIELD] },
  'a field after the file, another one before it': {
    headers: { authorization: 'Bearer wrong' },
    query: '?api_key=wrong',
    parts: ['picture', KEY_FIELD],
  },
}

test('EXT-38 stalled uploads without a key do not block uploads with a key', async () => {
  const stalled = Array.from({ length: 12 }, () => begin({ parts: ['picture'] }))
  const refused = await Promise.all(
    stalled.map((upload) => Promise.race([upload.sent.then(() => null), upload.response])),
  )
  expect(refused.filter((each) => each !== null)).toEqual(Array(10).fill(BUSY))
  for (const [position, request] of Object.entries(withKey))
    expect(await send(request), position).toBe(ACCEPTED)
  for (const [position, request] of Object.entries(withLateKey))
    expect(await send(request), position).toBe(BUSY)
  for (const upload of stalled) upload.end()
  for (const [index, upload] of stalled.entries())
    if (refused[index] === null) expect(await upload.response).toBe('403 api_key was not provided.')
  expect(await files()).toEqual([])
})

test('EXT-38 GR-KEY-02 an upload may have its key in a field before or after the file, in the URL or in a header', async () => {
  for (const [position, request] of Object.entries({ ...withKey, ...withLateKey }))
    expect(await send(request), position).toBe(ACCEPTED)
})

test('EXT-38 GR-KEY-02 after an invalid key no file is stored, and the body is read to its end', async () => {
  for (const api_key of ['wrong', ` ${KEY}x`]) {
    const upload = begin({ query: `?api_key=${KEY}`, parts: [['api_key', api_key], 'picture'] })
    await upload.sent
    expect(await files()).toEqual([])
    upload.end()
    expect(await upload.response).toBe('403 api_key is not valid.')
  }
})

test('EXT-38 a key that becomes valid after its file was skipped is still refused', async () => {
  const keys = catalog.keys as Map<string, unknown>
  const late = hashKey('late').toString('hex')
  const upload = begin({ parts: [['api_key', 'late'], 'picture'] })
  await upload.sent
  keys.set(late, { key_id: 2, jurisdiction_id: null, scopes: ['report'] })
  onTestFinished(() => void keys.delete(late))
  upload.end()
  expect(await upload.response).toBe('403 api_key is not valid.')
})
