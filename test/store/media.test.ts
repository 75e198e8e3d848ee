import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { openLog } from '../../src/log.js'
import type { Upload } from '../../src/media/arrivals.js'
import { fileNameOf, type MediaFolder } from '../../src/media/folder.js'
import { type Kept, mediaKeeper } from '../../src/media/keep.js'
import { localFolder } from '../../src/media/local-folder.js'
import { type Media, openMedia } from '../../src/media/open.js'
import { startMediaWorker, sweepMedia } from '../../src/media-worker.js'
import type { Jurisdiction } from '../../src/standard/catalog.js'
import { Refusal } from '../../src/standard/refusal.js'
import { readCatalog } from '../../src/store/catalog.js'
import { createKey } from '../../src/store/keys.js'
import { loadCities } from '../../src/store/load.js'
import { attachMedia, findPublicMedia, forgetMedia } from '../../src/store/media.js'
import type { SubmissionHandle } from '../../src/store/submit.js'
import { databases, type TestDatabase } from '../databases.js'
import { noise } from '../media/pictures.js'
import * as town from '../town.js'
import { filed } from './submitting.js'

const NOW = '2026-06-01T12:00:00Z'
const AT = town.PRODUCTION
const log = openLog('silent')

describe.each(databases)('$kind', ({ open }) => {
  let database: TestDatabase
  let city: Jurisdiction
  let directory: string
  let media: Media
  let photo: Buffer
  const store = () => database.store

  beforeAll(async () => {
    database = await open()
    await loadCities(store(), [await town.readTown()], NOW)
    await createKey(store(), { name: 'a', jurisdiction_id: null, scopes: ['report'], now: NOW })
    city = (await readCatalog(store())).jurisdictions.get(town.SQUARETON)!
    directory = await mkdtemp(join(tmpdir(), 'georeport-media-'))
    media = await openMedia(
      {
        directory,
        bucket: null,
        publicUrl: 'https://city.example',
        mostBytes: 100_000,
        mostFiles: 9,
        mostPixels: 10_000,
      },
      store(),
      log,
    )
    photo = await noise(30, 20).jpeg().toBuffer()
  })
  afterAll(async () => {
    await database?.close()
    await rm(directory, { recursive: true })
  })
  afterEach(async () => {
    await expectWhole()
  })

  let count = 0
  async function upload(bytes = photo): Promise<Upload> {
    count += 1
    const path = join(directory, 'incoming', `upload-${count}`)
    await writeFile(path, bytes)
    return {
      name: `photo${count}`,
      path,
      bytes: bytes.length,
      sha256: '',
      type: 'image/jpeg',
      caller: 'known',
    }
  }
  const file = (fields: Partial<Parameters<typeof filed>[1]> = {}) =>
    filed(store(), { ...AT, service: city.services.get('POTHOLE')!, ...fields })
  const keep = <Result>(uploads: readonly Upload[], use: (kept: Kept) => Promise<Result>) =>
    media.keeper.keep(uploads, NOW, use)
  const filedWith = async (pictures: number, fields: Partial<Parameters<typeof filed>[1]> = {}) => {
    const uploads = await Promise.all(Array.from({ length: pictures }, () => upload()))
    return keep(uploads, async (kept) => {
      const id = await file({ ...fields, ...kept, media_urls: [...kept.media_urls] })
      return { id, ...kept }
    })
  }
  const rows = () => store().selectFrom('media').selectAll().orderBy('media_id').execute()
  const files = async () =>
    (await readdir(directory, { recursive: true }))
      .filter((name) => /\.jpg/.test(name))
      .map((name) => name.slice(3))
      .sort()
  const keyOf = async (service_request_id: string) =>
    (
      await store()
        .selectFrom('service_request')
        .where('service_request_id', '=', service_request_id)
        .select('id')
        .executeTakeFirstOrThrow()
    ).id

  /** Every picture of a service request has its files, and there are no others. */
  async function expectWhole(): Promise<void> {
    const all = await rows()
    expect(all.every((each) => each.service_request !== null)).toBe(true)
    expect(await files()).toEqual(
      all
        .flatMap(({ media_id }) => [fileNameOf(media_id, 'thumbnail'), fileNameOf(media_id, 'whole')])
        .sort(),
    )
  }
  /** One round, so many minutes after everything here. */
  const swept = (minutes: number) =>
    sweepMedia(store(), media, { now: Date.parse(NOW) + minutes * 60_000, grace: 3_600_000 })

  test('EXT-38 pictures are stored with their service request, and their addresses cannot be guessed', async () => {
    const { id, media_ids, media_urls } = await filedWith(2)
    expect(new Set(media_ids).size).toBe(2)
    for (const media_id of media_ids) expect(media_id).toMatch(/^[0-9a-f]{32}$/)
    expect(media_urls).toEqual(media_ids.map((each) => `https://city.example/media/${each}.jpg`))
    const row = (await rows()).find((each) => each.media_id === media_ids[0])
    expect(row).toMatchObject({
      service_request: await keyOf(id),
      content_type: 'image/jpeg',
      width: 30,
      height: 20,
      created: NOW,
      forgotten: null,
    })
    for (const media_id of media_ids) {
      const { bytes, thumbnail_bytes } = (await findPublicMedia(store(), media_id))!
      expect((await media.folder.get(fileNameOf(media_id, 'whole')))!.bytes).toBe(bytes)
      expect((await media.folder.get(fileNameOf(media_id, 'thumbnail')))!.bytes).toBe(thumbnail_bytes)
    }
  })

  test('EXT-39 a picture is seen while its service request is public, and no longer', async () => {
    const { id, media_ids } = await filedWith(1)
    const isSeen = async () => (await findPublicMedia(store(), media_ids[0]!)) !== undefined
    for (const visibility of ['private', 'public', 'moderated', 'public'] as const) {
      await store()
        .updateTable('service_request')
        .set({ visibility })
        .where('service_request_id', '=', id)
        .execute()
      expect(await isSeen(), visibility).toBe(visibility === 'public')
    }
  })

  test('EXT-38 nothing stays behind of what is refused, fails, or was not wanted after all', async () => {
    const before = await rows()
    const broken = await upload(photo.subarray(0, 300))
    const used: Kept[] = []
    const refused = await keep([await upload(), broken, await upload()], async (kept) =>
      used.push(kept),
    ).catch((error) => error)
    expect(refused).toBeInstanceOf(Refusal)
    expect((refused as Refusal).broken.map((each) => each.description)).toEqual([
      expect.stringContaining(broken.name),
    ])
    expect(used).toEqual([])
    await expect(keep([await upload()], () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await keep([await upload()], async () => 'not wanted')).toBe('not wanted')
    expect(await rows()).toEqual(before)
  })

  test('EXT-38 A-47 a submission that comes several times at once has its pictures once', async () => {
    const handles: SubmissionHandle[] = [{ handle_type: 'Idempotency-Key', handle: 'same' }]
    const before = (await rows()).length
    const all = await Promise.all(Array.from({ length: 4 }, () => filedWith(1, { handles })))
    expect(new Set(all.map(({ id }) => id)).size).toBe(1)
    expect(await rows()).toHaveLength(before + 1)
  })

  test('EXT-38 a transaction that is rolled back leaves nothing', async () => {
    const { id } = await filedWith(1)
    const key = await keyOf(id)
    const before = await rows()
    await expect(
      keep([await upload()], ({ media_ids }) =>
        store()
          .transaction()
          .execute(async (transaction) => {
            await attachMedia(transaction, key, media_ids)
            throw new Error('no')
          }),
      ),
    ).rejects.toThrow('no')
    expect(await rows()).toEqual(before)
  })

  test('EXT-38 pictures that were swept meanwhile are not used; what was filed with them is not either', async () => {
    const before = await store().selectFrom('service_request').select('id').execute()
    await expect(
      keep([await upload()], async (kept) => {
        await swept(61)
        return file({ ...kept, media_urls: [...kept.media_urls] })
      }),
    ).rejects.toThrow('forgotten')
    expect(await store().selectFrom('service_request').select('id').execute()).toEqual(before)
  })

  test('EXT-38 EXT-39 forgotten pictures are seen by nobody from then on, and their files are removed', async () => {
    const [one, other] = [await filedWith(2), await filedWith(1)]
    const key = await keyOf(one.id)
    const [gone, stays] = one.media_ids as [string, string]
    // Anybody may name a picture of somebody else as a media_url of theirs, and then have that erased.
    const named = [
      `http://before.example/media/${gone}.jpg`,
      ...other.media_urls,
      'https://img.example/a.jpg',
    ]
    const forget = (transaction: typeof database.store) => media.keeper.forget(transaction, key, named)
    await expect(
      store()
        .transaction()
        .execute((transaction) => forget(transaction).then(() => Promise.reject(new Error('no')))),
    ).rejects.toThrow('no')
    expect(await findPublicMedia(store(), gone)).toBeDefined()
    await store().transaction().execute(forget)
    expect(await findPublicMedia(store(), gone)).toBeUndefined()
    for (const media_id of [stays, ...other.media_ids])
      expect(await findPublicMedia(store(), media_id)).toBeDefined()
    await swept(0)
    expect((await rows()).some((each) => each.media_id === gone)).toBe(false)
    await expect(
      store()
        .transaction()
        .execute((transaction) => attachMedia(transaction, key, [gone])),
    ).rejects.toThrow('forgotten')
  })

  test('EXT-38 what a killed process left is swept once it is old enough, files half written included', async () => {
    const media_id = 'f'.repeat(32)
    const announced = {
      media_id,
      content_type: 'image/png',
      width: 1,
      height: 1,
      bytes: 1,
      thumbnail_bytes: 1,
    }
    await store()
      .insertInto('media')
      .values({ ...announced, created: NOW })
      .execute()
    const folder = localFolder(directory)
    await folder.put(fileNameOf(media_id, 'whole'), Buffer.from('x'))
    await writeFile(join(directory, 'ff', `${fileNameOf(media_id, 'thumbnail')}.unfinished`), 'x')
    await swept(59)
    expect((await rows()).some((each) => each.media_id === media_id)).toBe(true)
    await Promise.all([swept(61), swept(61), swept(61)])
    expect((await rows()).some((each) => each.media_id === media_id)).toBe(false)
  })

  test('EXT-38 a service request that is gone takes its pictures along', async () => {
    const { id, media_ids } = await filedWith(1)
    await store().deleteFrom('service_request').where('service_request_id', '=', id).execute()
    expect(await findPublicMedia(store(), media_ids[0]!)).toBeUndefined()
    await swept(61)
    expect((await rows()).some((each) => media_ids.includes(each.media_id))).toBe(false)
  })

  test('EXT-38 so many pictures wait for their turn, not so many calls; one call may bring more if nobody waits', async () => {
    let put = () => {}
    const isPut = new Promise<void>((done) => {
      put = done
    })
    const slow: MediaFolder = {
      ...media.folder,
      put: (name, bytes) => isPut.then(() => media.folder.put(name, bytes)),
    }
    const keeper = mediaKeeper({ store: store(), folder: slow, log, base: '', mostPixels: 10_000 })
    const bring = (uploads: readonly Upload[]) => keeper.keep(uploads, NOW, async () => {})
    const [many, one] = [await Promise.all(Array.from({ length: 31 }, () => upload())), await upload()]
    const first = bring(many)
    const soon = new Promise((done) => setTimeout(done, 5000, 'taken'))
    // One of the first is in work.
    const refused = await Promise.race([bring([one]).catch((error) => error), soon])
    expect(refused).toMatchObject({ broken: [{ rule: 'EXT-38', status: 503 }] })
    put()
    await first
    await expect(bring([await upload(Buffer.from('no picture')), one])).rejects.toBeInstanceOf(Refusal)
    await bring(many)
  })

  test('EXT-38 a file that cannot be removed is tried again', async () => {
    const { id, media_ids } = await filedWith(2)
    const key = await keyOf(id)
    await forgetMedia(store(), key, media_ids)
    let isAway = true
    const away: MediaFolder = {
      ...media.folder,
      remove: (name) => (isAway ? Promise.reject(new Error('away')) : media.folder.remove(name)),
    }
    const keeper = mediaKeeper({ store: store(), folder: away, log, base: '', mostPixels: 1 })
    const worker = startMediaWorker(store(), { ...media, keeper }, 100, log)
    await expect.poll(async () => (await rows()).filter((each) => each.forgotten).length).toBe(2)
    isAway = false
    await expect.poll(async () => (await rows()).filter((each) => each.forgotten).length).toBe(0)
    await worker.stop()
    expect(await findPublicMedia(store(), media_ids[0]!)).toBeUndefined()
  })
})
