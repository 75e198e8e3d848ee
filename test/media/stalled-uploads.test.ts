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

/** Bytes of a file, of which a call may bring one. */
const MOST = 1000
const GOOD = 'good-key'
const catalog: Catalog = {
  jurisdictions: new Map([['square.example', jurisdiction([service()])]]),
  keys: new Map([
    [hashKey(GOOD).toString('hex'), { key_id: 1, jurisdiction_id: null, scopes: ['report'] }],
  ]) as unknown as Catalog['keys'],
}

let ask: ReturnType<typeof createTestApp>['request']
let files: () => Promise<string[]>
let picture: Buffer
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'georeport-stalled-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const arrivals = await openUploadStore(folder, { maxBytes: MOST, maxFiles: 1 })
  const app = createTestApp({ store: {} as Store }, () => catalog, {
    media: { ...noMedia, uploads: arrivals },
  })
  ask = app.request
  files = () => readdir(folder)
  const drawn = await drawRedAndBlue(4, 4).png().toBuffer()
  picture = Buffer.concat([drawn, Buffer.alloc(MOST - drawn.length)])
})

interface Sending {
  query?: string
  headers?: Record<string, string>
  /** A part each: text by its name, or the picture. */
  parts: ([name: string, value: string] | 'picture')[]
}

const written = (part: Sending['parts'][number]): Buffer =>
  part === 'picture'
    ? Buffer.concat([
        Buffer.from('--X\r\nContent-Disposition: form-data; name="photo"; filename="p.png"\r\n\r\n'),
        picture,
        Buffer.from('\r\n'),
      ])
    : Buffer.from(`--X\r\nContent-Disposition: form-data; name="${part[0]}"\r\n\r\n${part[1]}\r\n`)

function later(): [promise: Promise<void>, fulfil: () => void] {
  let fulfil = () => {}
  const promise = new Promise<void>((done) => {
    fulfil = done
  })
  return [promise, fulfil]
}

/**
 * Sends a call and does not end it until that is asked for; `heard` when all that was sent is read, `told` what was
 * answered: its status, and what it says.
 */
function begin({ query = '', headers = {}, parts }: Sending) {
  const [ended, end] = later()
  const [heard, hear] = later()
  const chunks = parts.map(written)
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const chunk = chunks.shift()
        if (chunk) return controller.enqueue(chunk)
        hear()
        await ended
        controller.enqueue(Buffer.from('--X--\r\n'))
        controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  const answer = Promise.resolve(
    ask(`http://localhost/open311/v2/requests.json${query}`, {
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=X', ...headers },
      body,
      duplex: 'half',
    } as RequestInit),
  )
  return { told: answer.then(said), heard, end }
}

async function said(answer: Response): Promise<string> {
  const [{ description }] = (await answer.json()) as [{ description: string }]
  return `${answer.status} ${description}`
}

/** A call that ends; it is refused for what it lacks, after its files were taken. */
function send(sending: Sending): Promise<string> {
  const call = begin(sending)
  call.end()
  return call.told
}
const TAKEN = '400 service_code was not provided.'
const LATER = '503 Too many files are arriving now; please try again later.'

const KEY: [string, string] = ['api_key', GOOD]
const knowing: Record<string, Sending> = {
  'a field before the file': { parts: [KEY, 'picture'] },
  'a field of another name': { parts: [['api_key', ' '], ['api_key[]', GOOD], 'picture'] },
  'the address': { query: `?api_key=${GOOD}`, parts: ['picture'] },
  'a header': { headers: { authorization: `Bearer ${GOOD}` }, parts: ['picture'] },
}
const unknown: Record<string, Sending> = {
  'a field after the file': { parts: ['picture', KEY] },
  'a field after the file, another one before it': {
    headers: { authorization: 'Bearer wrong' },
    query: '?api_key=wrong',
    parts: ['picture', KEY],
  },
}

test('EXT-38 stalled uploads without a key do not block uploads with a key', async () => {
  const stalled = Array.from({ length: 12 }, () => begin({ parts: ['picture'] }))
  const refused = await Promise.all(
    stalled.map((call) => Promise.race([call.heard.then(() => null), call.told])),
  )
  expect(refused.filter((each) => each !== null)).toEqual(Array(10).fill(LATER))
  for (const [how, sending] of Object.entries(knowing)) expect(await send(sending), how).toBe(TAKEN)
  for (const [how, sending] of Object.entries(unknown)) expect(await send(sending), how).toBe(LATER)
  for (const call of stalled) call.end()
  for (const [index, call] of stalled.entries())
    if (refused[index] === null) expect(await call.told).toBe('403 api_key was not provided.')
  expect(await files()).toEqual([])
})

test('EXT-38 GR-KEY-02 an upload may have its key in a field before or after the file, in the URL or in a header', async () => {
  for (const [how, sending] of Object.entries({ ...knowing, ...unknown }))
    expect(await send(sending), how).toBe(TAKEN)
})

test('EXT-38 GR-KEY-02 after an invalid key no file is stored, and the body is read to its end', async () => {
  for (const api_key of ['wrong', ` ${GOOD}x`]) {
    const call = begin({ query: `?api_key=${GOOD}`, parts: [['api_key', api_key], 'picture'] })
    await call.heard
    expect(await files()).toEqual([])
    call.end()
    expect(await call.told).toBe('403 api_key is not valid.')
  }
})

test('EXT-38 a key that becomes valid after its file was skipped is still refused', async () => {
  const keys = catalog.keys as Map<string, unknown>
  const late = hashKey('late').toString('hex')
  const call = begin({ parts: [['api_key', 'late'], 'picture'] })
  await call.heard
  keys.set(late, { key_id: 2, jurisdiction_id: null, scopes: ['report'] })
  onTestFinished(() => void keys.delete(late))
  call.end()
  expect(await call.told).toBe('403 api_key is not valid.')
})
