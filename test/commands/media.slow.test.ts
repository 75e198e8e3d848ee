import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  createPostgresStorage,
  georeport,
  type ServerProcess,
  type Storage,
  startServer,
  storages,
} from '../harness/server-process.js'
import { createPng, createZipBomb, drawNoise } from '../media/pictures.js'
import { startS3 } from '../media/s3.js'
import {
  expectServed,
  getExpectedFiles,
  getPictureUrls,
  isConsistent,
  listFiles,
  listMediaRows,
} from './stored-pictures.js'

const TOWN = { jurisdiction_id: 'harbourview.example', service_code: 'POTHOLE' }

let photo: Buffer
beforeAll(async () => {
  photo = await drawNoise(200, 150).jpeg().toBuffer()
})

function form(fields: Record<string, string>, files: readonly Buffer[]): FormData {
  const body = new FormData()
  for (const [name, value] of Object.entries(fields)) body.append(name, value)
  for (const [index, bytes] of files.entries())
    body.append(`photo${index}`, new Blob([new Uint8Array(bytes)]), 'photo.jpg')
  return body
}
const post = (served: ServerProcess, body: FormData) =>
  fetch(`${served.origin}/open311/v2/requests.json`, { method: 'POST', body })

async function serveTown(storage: Storage, extra: Record<string, string>) {
  const served = await startServer(storage, { DEMO: 'false', ...extra })
  await georeport(served.environment, 'load', 'fixtures/two-towns')
  const key = (await georeport(served.environment, 'keys', 'create', '--name', 'k')).out
  const fields = { ...TOWN, api_key: key, address_string: 'Quay 1' }
  await expect.poll(async () => (await post(served, form(fields, []))).status, { timeout: 10_000 }).toBe(200)
  return { served, fields }
}

describe.each(storages)('on $kind', ({ create }) => {
  test('EXT-38 after kill -9 every acknowledged picture is stored, and no orphaned file remains', async () => {
    const storage = await create()
    const environment = { DEMO: 'false', MEDIA_GRACE: '3' }
    let { served, fields } = await serveTown(storage, environment)
    for (let round = 1; round <= 2; round++) {
      const acknowledged = new Map<string, number>()
      let isRunning = true
      const client = async (name: number) => {
        for (let number = 0; isRunning; number++) {
          const pictures = 1 + (number % 2)
          const body = form(
            { ...fields, description: `${round}-${name}-${number}` },
            Array(pictures).fill(photo),
          )
          const response = await post(served, body).catch(() => null)
          const text = response?.status === 200 ? await response.text().catch(() => null) : null
          if (text) acknowledged.set(JSON.parse(text)[0].service_request_id, pictures)
        }
      }
      const clients = Promise.all([1, 2, 3].map(client))
      await expect.poll(() => acknowledged.size, { timeout: 30_000, interval: 10 }).toBeGreaterThan(5)
      await new Promise((done) => setTimeout(done, Math.random() * 400))
      await served.stop('SIGKILL')
      isRunning = false
      await clients

      served = await startServer(storage, environment)
      for (const [id, pictures] of acknowledged) {
        const urls = await getPictureUrls(served, id)
        expect(urls).toHaveLength(pictures)
        for (const url of urls) await expectServed(url)
      }
    }
    await expect.poll(() => isConsistent(served), { timeout: 30_000, interval: 500 }).toBe(true)
    await served.stop()
    await storage.remove()
    // Embedded databases take long to start.
  }, 240_000)
})

describe.skipIf(!process.env.TEST_DATABASE_URL)('on PostgreSQL', () => {
  test('EXT-38 several processes store and sweep pictures at the same time', async () => {
    const storage = await createPostgresStorage()
    const { served, fields } = await serveTown(storage, { PROCESSES: '2', MEDIA_GRACE: '1' })
    const responses = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        // Every third request is refused after its first picture is stored.
        post(served, form(fields, index % 3 === 0 ? [photo, photo.subarray(0, 900)] : [photo])),
      ),
    )
    expect(responses.filter((each) => each.status === 200)).toHaveLength(8)
    const stale = 'e'.repeat(32)
    const values = `('${stale}', 'image/jpeg', 1, 1, 1, 1, now() - interval '1 day')`
    const columns = 'media_id, content_type, width, height, bytes, thumbnail_bytes, created'
    await georeport(served.environment, 'sql', `insert into media (${columns}) values ${values}`)
    await expect
      .poll(async () => (await listMediaRows(served)).some((each) => each.media_id === stale), {
        timeout: 20_000,
      })
      .toBe(false)
    const rows = await listMediaRows(served)
    expect(rows).toHaveLength(8)
    expect(await listFiles(served)).toEqual(getExpectedFiles(rows))
    expect(served.log()).not.toContain('could not be removed')
    await served.stop()
    await storage.remove()
  })

  test('EXT-38 EXT-39 pictures in S3 are stored, served and removed like those in a folder', async () => {
    const storage = await createPostgresStorage()
    const s3 = await startS3()
    const { served, fields } = await serveTown(storage, { ...s3.environment, MEDIA_GRACE: '1' })
    expect((await post(served, form(fields, [photo, Buffer.from('x')]))).status).toBe(400)
    const [{ service_request_id }] = (await (await post(served, form(fields, [photo, photo]))).json()) as [
      { service_request_id: string },
    ]
    const rows = await listMediaRows(served)
    expect(rows).toHaveLength(2)
    expect((await s3.names()).sort()).toEqual(getExpectedFiles(rows))
    expect(await listFiles(served)).toEqual([])
    const urls = await getPictureUrls(served, service_request_id)
    for (const url of urls) {
      const response = await fetch(url)
      expect(response.status).toBe(200)
      expect((await sharp(Buffer.from(await response.arrayBuffer())).metadata()).width).toBe(200)
    }
    await georeport(served.environment, 'sql', 'delete from service_request')
    expect((await fetch(urls[0]!)).status).toBe(404)
    await expect.poll(s3.names, { timeout: 20_000 }).toEqual([])
    // Without its bucket the server responds with 503 and stores nothing.
    await s3.close()
    const response = await post(served, form(fields, [photo]))
    expect(response.status).toBe(503)
    expect((await post(served, form(fields, []))).status).toBe(200)
    await served.stop()
    await storage.remove()
  })

  test.skipIf(process.platform !== 'linux')(
    'EXT-38 many large uploads at once need no more memory than the decoding of one picture',
    async () => {
      const storage = await createPostgresStorage()
      const { served, fields } = await serveTown(storage, { DATABASE_CONNECTIONS: '5' })
      const peak = async () => {
        const status = await readFile(`/proc/${served.process.pid}/status`, 'utf8')
        return Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]) / 1024
      }
      const before = await peak()
      const long = Buffer.concat([photo, Buffer.alloc(15_000_000)])
      const deep = await sharp({ create: { width: 7000, height: 7000, channels: 4, background: '#3a75' } })
        .toColourspace('rgb16')
        .png({ progressive: true, compressionLevel: 1 })
        .toBuffer()
      const bombs: [number, Buffer[]][] = [
        [200, [long, long, long]],
        [200, [createPng(7000, 7000, 7000)]],
        [200, [deep]],
        [400, [createPng(60_000, 60_000)]],
        [400, [createZipBomb()]],
        [400, [Buffer.alloc(50_000_000, photo)]],
      ]
      const sent = [...bombs, ...bombs].map(async ([status, files]) => {
        expect((await post(served, form(fields, files))).status).toBe(status)
      })
      await Promise.all(sent)
      // 16 bytes per pixel of the largest picture and some files; decoding all at once would need several times as much.
      expect((await peak()) - before).toBeLessThan((16 * 7000 * 7000) / 2 ** 20 + 150)
      expect((await listFiles(served)).every((name) => name.endsWith('.jpg'))).toBe(true)
      await served.stop()
      await storage.remove()
    },
  )
})
