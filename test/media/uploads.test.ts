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

async function opened(
  mostBytes = 100_000,
  mostFiles = 2,
): Promise<{ arrivals: UploadStore; files(): Promise<string[]>; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'georeport-arrivals-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return {
    arrivals: await openUploadStore(folder, { maxBytes: mostBytes, maxFiles: mostFiles }),
    folder,
    files: () => readdir(folder),
  }
}
async function* inPieces(bytes: Uint8Array, size = 7) {
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
  content: inPieces(bytes),
})
const nothing = () => {}
function told(faults: Faults): string {
  try {
    faults.refuse()
  } catch (error) {
    return (error as Refusal).broken.map((each) => `${each.status} ${each.description}`).join('\n')
  }
  return ''
}

describe('EXT-38 an incoming file', () => {
  test('is on disk until it is discarded', async () => {
    const { arrivals, files } = await opened()
    const faults = new Faults()
    const upload = await arrivals.receive(file(photo), faults, nothing)
    expect(told(faults)).toBe('')
    expect(upload).toMatchObject({ name: 'photo1', bytes: photo.length, type: 'image/jpeg' })
    expect(upload!.sha256).toBe(createHash('sha256').update(photo).digest('hex'))
    expect(await readFile(upload!.path)).toEqual(photo)
    await arrivals.discard([upload!])
    expect(await files()).toEqual([])
  })

  test('may be missing, as in an empty form field; a named file must not be empty', async () => {
    const { arrivals, files } = await opened()
    for (const filename of ['', null]) {
      const faults = new Faults()
      expect(await arrivals.receive(file(Buffer.alloc(0), filename), faults, nothing)).toBeNull()
      expect(told(faults)).toBe('')
    }
    const faults = new Faults()
    expect(await arrivals.receive(file(Buffer.alloc(0)), faults, nothing)).toBeNull()
    expect(told(faults)).toBe('400 photo1 is an empty file.')
    expect(await files()).toEqual([])
  })

  test('that is too long is read to its end, refused by its name, and not stored', async () => {
    const { arrivals, files } = await opened(100)
    const faults = new Faults()
    let calls = 0
    expect(await arrivals.receive(file(photo), faults, () => calls++)).toBeNull()
    expect(calls).toBeGreaterThan(1)
    expect(told(faults)).toBe('400 photo1 is longer than the 100 bytes that a file may have.')
    expect(await files()).toEqual([])
    const exact = Buffer.concat([photo.subarray(0, 90), Buffer.alloc(10)])
    expect(await arrivals.receive(file(exact), new Faults(), nothing)).not.toBeNull()
  })

  test('that does not begin like a picture is refused with its detected type', async () => {
    const { arrivals, files } = await opened()
    const others = (await createRefusedFiles()).filter(
      ([, , each]) => !/damaged|pixels|moves/.test(each.source),
    )
    expect(others.map(([what]) => what)).toEqual([
      'a ZIP bomb',
      'a HEIC',
      'an AVIF',
      'a film',
      'a drawing',
      'a text',
    ])
    for (const [what, bytes, wanted] of others) {
      const faults = new Faults()
      expect(await arrivals.receive(file(bytes), faults, nothing), what).toBeNull()
      expect(told(faults), what).toMatch(wanted)
    }
    expect(await files()).toEqual([])
  })

  test('of a client that disconnects is deleted', async () => {
    const { arrivals, files } = await opened()
    async function* content() {
      yield photo
      throw new Error('gone')
    }
    await expect(
      arrivals.receive({ ...file(photo), content: content() }, new Faults(), nothing),
    ).rejects.toThrow('gone')
    expect(await files()).toEqual([])
  })

  test('beyond the limit of concurrent uploads is refused with 503 until others are discarded', async () => {
    const { arrivals } = await opened(photo.length, 1)
    const take = () => arrivals.receive(file(photo), new Faults(), nothing)
    for (let round = 0; round < 2; round++) {
      const held = await Promise.all(Array.from({ length: 10 }, take))
      const refused = await take().catch((error) => error)
      expect(refused).toBeInstanceOf(Refusal)
      expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': expect.any(String) } })
      await arrivals.discard(held.map((each) => each!))
    }
  })

  test('of an unauthenticated client counts against a separate quota', async () => {
    const { arrivals } = await opened(photo.length, 1)
    const take = (caller: Caller) => arrivals.receive(file(photo, 'p.jpg', caller), new Faults(), nothing)
    const refused = expect.objectContaining({ status: 503 })
    for (let round = 0; round < 2; round++) {
      const unknown = await Promise.all([take('unknown'), take('unknown')])
      await expect(take('unknown')).rejects.toThrow(refused)
      const known = await Promise.all(Array.from({ length: 10 }, () => take('known')))
      await arrivals.discard(unknown.map((each) => each!))
      await expect(take('known')).rejects.toThrow(refused)
      await arrivals.discard(known.map((each) => each!))
    }
  })

  test('left by a killed process is swept when it is old enough', async () => {
    const { arrivals, files, folder } = await opened()
    const [old, young] = await Promise.all(
      [1, 2].map(() => arrivals.receive(file(photo), new Faults(), nothing)),
    )
    await utimes(old!.path, 1000, 1000)
    await arrivals.sweep(2_000_000)
    expect((await files()).map((name) => join(folder, name))).toEqual([young!.path])
  })
})
