import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createLocalStorage } from '../../src/media/local-storage.js'
import { createS3Storage } from '../../src/media/s3-storage.js'
import { formatFileName, type MediaStorage, parseFileName } from '../../src/media/storage.js'
import { isUnavailable } from '../../src/store/database/errors.js'
import { BUCKET, startS3 } from './s3.js'

const ID = '0123456789abcdef0123456789abcdef'

const storages = [
  {
    kind: 'local storage',
    open: async () => {
      const directory = await mkdtemp(join(tmpdir(), 'georeport-folder-'))
      const close = () => rm(directory, { recursive: true })
      const names = async () =>
        (await readdir(directory, { recursive: true })).filter((name) => name.includes('.'))
      return { storage: createLocalStorage(directory), close, names }
    },
  },
  {
    kind: 'S3 storage',
    open: async () => {
      const { endpoint, close, names } = await startS3()
      return { storage: createS3Storage({ bucket: BUCKET, region: 'us-east-1', endpoint }), close, names }
    },
  },
]

describe.each(storages)('EXT-38 $kind', ({ open }) => {
  let storage: MediaStorage
  let close: () => Promise<void>
  let names: () => Promise<string[]>
  beforeAll(async () => {
    ;({ storage, close, names } = await open())
  })
  afterAll(() => close?.())

  async function read(name: string): Promise<Buffer | null> {
    const file = await storage.get(name)
    if (!file) return null
    const bytes = Buffer.from(await new Response(file.body).arrayBuffer())
    expect(bytes.length).toBe(file.bytes)
    return bytes
  }

  test('returns the last content put under a name, and null after its removal', async () => {
    const [full, thumbnail] = [formatFileName(ID, 'full'), formatFileName(ID, 'thumbnail')]
    expect(await read(full)).toBeNull()
    await storage.put(full, Buffer.from('first'))
    const large = Buffer.alloc(3_000_000, 'picture')
    await storage.put(full, large)
    await storage.put(thumbnail, Buffer.from('small'))
    expect((await read(full))!.equals(large)).toBe(true)
    expect(String(await read(thumbnail))).toBe('small')
    expect(await names()).toHaveLength(2)
    await storage.remove(full)
    expect(await read(full)).toBeNull()
    expect(String(await read(thumbnail))).toBe('small')
    await storage.remove(thumbnail)
    expect(await names()).toEqual([])
  })

  test('ignores the removal of a missing file', async () => {
    await storage.remove(formatFileName(ID, 'full'))
    await storage.remove(formatFileName(ID, 'full'))
  })

  test('allows a reader to cancel before the end of a file', async () => {
    await storage.put(formatFileName(ID, 'full'), Buffer.alloc(2_000_000))
    const file = await storage.get(formatFileName(ID, 'full'))
    await file!.body.cancel()
    await storage.remove(formatFileName(ID, 'full'))
  })
})

test('EXT-38 the unfinished file of a killed process is never returned, and is removed with its name', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'georeport-folder-'))
  const storage = createLocalStorage(directory)
  const name = formatFileName(ID, 'full')
  await storage.put(name, Buffer.from('x'))
  await storage.remove(name)
  await writeFile(join(directory, '01', `${name}.unfinished`), 'half')
  expect(await storage.get(name)).toBeNull()
  await storage.remove(name)
  expect(await readdir(join(directory, '01'))).toEqual([])
  await rm(directory, { recursive: true })
})

test('EXT-38 an S3 server that cannot be reached is a temporary error; a missing bucket is an internal error', async () => {
  const { endpoint, close } = await startS3()
  const wrong = createS3Storage({ bucket: 'another', region: 'us-east-1', endpoint })
  const put = (storage: MediaStorage) =>
    storage.put(formatFileName(ID, 'full'), Buffer.from('x')).catch((error) => error)
  expect(isUnavailable(await put(wrong))).toBe(false)
  const right = createS3Storage({ bucket: BUCKET, region: 'us-east-1', endpoint })
  expect(await put(right)).toBeUndefined()
  await close()
  expect(isUnavailable(await put(right))).toBe(true)
})

test.each([
  ['0123456789abcdef0123456789abcdef.jpg', { media_id: ID, size: 'full' }],
  ['0123456789abcdef0123456789abcdef-thumbnail.jpg', { media_id: ID, size: 'thumbnail' }],
  ['0123456789abcdef0123456789abcdef.png', null],
  ['0123456789ABCDEF0123456789ABCDEF.jpg', null],
  ['0123456789abcdef0123456789abcde.jpg', null],
  ['../0123456789abcdef0123456789abcdef.jpg', null],
  ['0123456789abcdef0123456789abcdef.jpg\n', null],
  ['', null],
])('EXT-39 file name %j is parsed as %j', (name, expected) => {
  expect(parseFileName(name)).toEqual(expected)
})
