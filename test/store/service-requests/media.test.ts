import { describe, expect, test } from 'vitest'
import type { StoredMedia } from '../../../src/media/library.js'
import { formatFileName, type MediaStorage } from '../../../src/media/storage.js'
import type { Upload } from '../../../src/media/uploads.js'
import { Refusal } from '../../../src/standard/refusal.js'
import { attachMedia, findPublicMedia } from '../../../src/store/service-requests/media.js'
import type { SubmissionHandle } from '../../../src/store/service-requests/submission.js'
import { databases } from '../../harness/databases.js'
import { NOW } from '../../harness/stored-squareton.js'
import { usePictures } from './use-pictures.js'

describe.each(databases)('$kind', ({ open }) => {
  const pictures = usePictures(open)

  test('EXT-38 pictures are stored with their service request, under random ids', async () => {
    const { id, media_ids, media_urls } = await pictures.fileWith(2)
    expect(new Set(media_ids).size).toBe(2)
    for (const media_id of media_ids) expect(media_id).toMatch(/^[0-9a-f]{32}$/)
    expect(media_urls).toEqual(media_ids.map((each) => `https://city.example/media/${each}.jpg`))
    const row = (await pictures.rows()).find((each) => each.media_id === media_ids[0])
    expect(row).toMatchObject({
      service_request: await pictures.getRowId(id),
      content_type: 'image/jpeg',
      width: 30,
      height: 20,
      created_at: NOW,
      detached_at: null,
    })
    for (const media_id of media_ids) {
      const { bytes, thumbnail_bytes } = (await findPublicMedia(pictures.store, media_id))!
      expect((await pictures.media.storage.get(formatFileName(media_id, 'full')))!.bytes).toBe(bytes)
      expect((await pictures.media.storage.get(formatFileName(media_id, 'thumbnail')))!.bytes).toBe(
        thumbnail_bytes,
      )
    }
  })

  test('EXT-39 a picture is public only while its service request is public', async () => {
    const { id, media_ids } = await pictures.fileWith(1)
    const isPublic = async () => (await findPublicMedia(pictures.store, media_ids[0]!)) !== undefined
    for (const visibility of ['private', 'public', 'moderated', 'public'] as const) {
      await pictures.store
        .updateTable('service_request')
        .set({ visibility })
        .where('service_request_id', '=', id)
        .execute()
      expect(await isPublic(), visibility).toBe(visibility === 'public')
    }
  })

  test('EXT-38 no picture stays stored if it is refused, its use fails or it is not used', async () => {
    const before = await pictures.rows()
    const broken = await pictures.upload(pictures.photo.subarray(0, 300))
    const used: StoredMedia[] = []
    const refused = await pictures
      .storeUploads([await pictures.upload(), broken, await pictures.upload()], async (stored) =>
        used.push(stored),
      )
      .catch((error) => error)
    expect(refused).toBeInstanceOf(Refusal)
    expect((refused as Refusal).broken.map((each) => each.description)).toEqual([
      expect.stringContaining(broken.name),
    ])
    expect(used).toEqual([])
    await expect(
      pictures.storeUploads([await pictures.upload()], () => Promise.reject(new Error('no'))),
    ).rejects.toThrow('no')
    expect(await pictures.storeUploads([await pictures.upload()], async () => 'not wanted')).toBe(
      'not wanted',
    )
    expect(await pictures.rows()).toEqual(before)
  })

  test('EXT-38 A-47 a submission sent several times at once stores its pictures once', async () => {
    const handles: SubmissionHandle[] = [{ handle_type: 'Idempotency-Key', handle: 'same' }]
    const before = (await pictures.rows()).length
    const all = await Promise.all(Array.from({ length: 4 }, () => pictures.fileWith(1, { handles })))
    expect(new Set(all.map(({ id }) => id)).size).toBe(1)
    expect(await pictures.rows()).toHaveLength(before + 1)
  })

  test('EXT-38 a transaction that is rolled back leaves no picture', async () => {
    const { id } = await pictures.fileWith(1)
    const key = await pictures.getRowId(id)
    const before = await pictures.rows()
    await expect(
      pictures.storeUploads([await pictures.upload()], ({ media_ids }) =>
        pictures.store.transaction().execute(async (transaction) => {
          await attachMedia(transaction, key, media_ids)
          throw new Error('no')
        }),
      ),
    ).rejects.toThrow('no')
    expect(await pictures.rows()).toEqual(before)
  })

  test('EXT-38 the queue limit counts pictures, not requests; a request may exceed it if the queue is empty', async () => {
    let allowPut = () => {}
    const allowed = new Promise<void>((done) => {
      allowPut = done
    })
    const slow: MediaStorage = {
      ...pictures.media.storage,
      put: (name, bytes) => allowed.then(() => pictures.media.storage.put(name, bytes)),
    }
    const library = pictures.createLibrary(slow)
    const storeMedia = (uploads: readonly Upload[]) => library.store(uploads, NOW, async () => {})
    const [many, one] = [
      await Promise.all(Array.from({ length: 31 }, () => pictures.upload())),
      await pictures.upload(),
    ]
    const first = storeMedia(many)
    const timeout = new Promise((done) => setTimeout(done, 5000, 'timeout'))
    // The first request still occupies the queue.
    const refused = await Promise.race([storeMedia([one]).catch((error) => error), timeout])
    expect(refused).toMatchObject({ broken: [{ rule: 'EXT-38', status: 503 }] })
    allowPut()
    await first
    await expect(storeMedia([await pictures.upload(Buffer.from('no picture')), one])).rejects.toBeInstanceOf(
      Refusal,
    )
    await storeMedia(many)
  })
})
