import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Caller, type IncomingFile, openUploadStore, type UploadStore } from '../../src/media/uploads.js'
import { Faults, Refusal } from '../../src/standard/refusal.js'
import { createPhonePhoto, createRefusedFiles } from './pictures.js'

let photo: Buffer
beforeAll(async () => {
  photo = await createPhonePhoto()
})

async function openUploads(
  maxBytes = 100_000,
  maxFiles = 2,
): Promise<{ uploads: UploadStore; files(): Promise<string[]>; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'georeport-arrivals-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return {
    uploads: await openUploadStore(folder, { maxBytes, maxFiles }),
    folder,
    files: () => readdir(folder),
  }
}
async function* splitBytes(bytes: Uint8Array, size = 7) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
const file = (
  bytes: Uint8Array,
  filename: string | null = 'p.jpg',
  caller: Caller = 'known',
): IncomingFile => ({
  name: 'photo1',
  filename,
  caller,
  content: splitBytes(bytes),
})
const noop = () => {}
function formatFaults(faults: Faults): string {
  try {
    faults.refuse()
  } catch (error) {
    return (error as Refusal).broken.map((each) => `${each.status} ${each.description}`).join('\n')
  }
  return ''
}

describe('EXT-38 an incoming file', () => {
  test('is on disk until it is discarded', async () => {
    const { uploads, files } = await openUploads()
    const faults = new Faults()
    const upload = await uploads.receive(file(photo), faults, noop)
    expect(formatFaults(faults)).toBe('')
    expect(upload).toMatchObject({ name: 'photo1', bytes: photo.length, type: 'image/jpeg' })
    expect(upload!.sha256).toBe(createHash('sha256').update(photo).digest('hex'))
    expect(await readFile(upload!.path)).toEqual(photo)
    await uploads.discard([upload!])
    expect(await files()).toEqual([])
  })

  test('may be missing, as in an empty form field; a named file must not be empty', async () => {
    const { uploads, files } = await openUploads()
    for (const filename of ['', null]) {
      const faults = new Faults()
      expect(await uploads.receive(file(Buffer.alloc(0), filename), faults, noop)).toBeNull()
      expect(formatFaults(faults)).toBe('')
    }
    const faults = new Faults()
    expect(await uploads.receive(file(Buffer.alloc(0)), faults, noop)).toBeNull()
    expect(formatFaults(faults)).toBe('400 photo1 is an empty file.')
    expect(await files()).toEqual([])
  })

  test('that is too long is read to its end, refused by its name, and not stored', async () => {
    const { uploads, files } = await openUploads(100)
    const faults = new Faults()
    let calls = 0
    expect(await uploads.receive(file(photo), faults, () => calls++)).toBeNull()
    expect(calls).toBeGreaterThan(1)
    expect(formatFaults(faults)).toBe('400 photo1 is longer than the 100 bytes that a file may have.')
    expect(await files()).toEqual([])
    const exact = Buffer.concat([photo.subarray(0, 90), Buffer.alloc(10)])
    expect(await uploads.receive(file(exact), new Faults(), noop)).not.toBeNull()
  })

  test('that does not begin like a picture is refused with its detected type', async () => {
    const { uploads, files } = await openUploads()
    const others = (await createRefusedFiles()).filter(
      ([, , each]) => !/damaged|pixels|moves/.test(each.source),
    )
    expect(others.map(([name]) => name)).toEqual([
      'a ZIP bomb',
      'a HEIC',
      'an AVIF',
      'a film',
      'a drawing',
      'a text',
    ])
    for (const [name, bytes, message] of others) {
      const faults = new Faults()
      expect(await uploads.receive(file(bytes), faults, noop), name).toBeNull()
      expect(formatFaults(faults), name).toMatch(message)
    }
    expect(await files()).toEqual([])
  })

  test('of a client that disconnects is deleted', async () => {
    const { uploads, files } = await openUploads()
    async function* content() {
      yield photo
      throw new Error('gone')
    }
    await expect(uploads.receive({ ...file(photo), content: content() }, new Faults(), noop)).rejects.toThrow(
      'gone',
    )
    expect(await files()).toEqual([])
  })

  test('beyond the limit of concurrent uploads is refused with 503 until others are discarded', async () => {
    const { uploads } = await openUploads(photo.length, 1)
    const take = () => uploads.receive(file(photo), new Faults(), noop)
    for (let round = 0; round < 2; round++) {
      const accepted = await Promise.all(Array.from({ length: 10 }, take))
      const refused = await take().catch((error) => error)
      expect(refused).toBeInstanceOf(Refusal)
      expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': expect.any(String) } })
      await uploads.discard(accepted.map((each) => each!))
    }
  })

  test('of an unauthenticated client counts against a separate quota', async () => {
    const { uploads } = await openUploads(photo.length, 1)
    const take = (caller: Caller) => uploads.receive(file(photo, 'p.jpg', caller), new Faults(), noop)
    const refused = expect.objectContaining({ status: 503 })
    for (let round = 0; round < 2; round++) {
      const unknown = await Promise.all([take('unknown'), take('unknown')])
      await expect(take('unknown')).rejects.toThrow(refused)
      const known = await Promise.all(Array.from({ length: 10 }, () => take('known')))
      await uploads.discard(unknown.map((each) => each!))
      await expect(take('known')).rejects.toThrow(refused)
      await uploads.discard(known.map((each) => each!))
    }
  })

  test('left by a killed process is swept when it is old enough', async () => {
    const { uploads, files, folder } = await openUploads()
    const [old, young] = await Promise.all([1, 2].map(() => uploads.receive(file(photo), new Faults(), noop)))
    await utimes(old!.path, 1000, 1000)
    await uploads.sweep(2_000_000)
    expect((await files()).map((name) => join(folder, name))).toEqual([young!.path])
  })
})
