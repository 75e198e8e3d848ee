import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createLocalStorage } from '../../../src/media/local-storage.js'
import { formatFileName, type MediaStorage } from '../../../src/media/storage.js'
import { attachMedia, detachMedia, findPublicMedia } from '../../../src/store/service-requests/media.js'
import { startMediaSweeper } from '../../../src/workers/media-sweeper.js'
import { databases } from '../../harness/databases.js'
import { NOW } from '../../harness/stored-squareton.js'
import { log, usePictures } from './use-pictures.js'

describe.each(databases)('$kind', ({ open }) => {
  const pictures = usePictures(open)

  test('EXT-38 a submission whose pictures were swept meanwhile is rolled back', async () => {
    const before = await pictures.store.selectFrom('service_request').select('id').execute()
    await expect(
      pictures.storeUploads([await pictures.upload()], async (stored) => {
        await pictures.sweep(61)
        return pictures.file({ ...stored, media_urls: [...stored.media_urls] })
      }),
    ).rejects.toThrow('detached')
    expect(await pictures.store.selectFrom('service_request').select('id').execute()).toEqual(before)
  })

  test('EXT-38 EXT-39 detached pictures are no longer served, and their files are removed', async () => {
    const [one, other] = [await pictures.fileWith(2), await pictures.fileWith(1)]
    const key = await pictures.getRowId(one.id)
    const [gone, stays] = one.media_ids as [string, string]
    // A reporter can name the picture of another service request as media_url, and then have it erased.
    const named = [
      `http://before.example/media/${gone}.jpg`,
      ...other.media_urls,
      'https://img.example/a.jpg',
    ]
    const detach = (transaction: typeof pictures.store) =>
      pictures.media.library.detach(transaction, key, named)
    await expect(
      pictures.store
        .transaction()
        .execute((transaction) => detach(transaction).then(() => Promise.reject(new Error('no')))),
    ).rejects.toThrow('no')
    expect(await findPublicMedia(pictures.store, gone)).toBeDefined()
    await pictures.store.transaction().execute(detach)
    expect(await findPublicMedia(pictures.store, gone)).toBeUndefined()
    for (const media_id of [stays, ...other.media_ids])
      expect(await findPublicMedia(pictures.store, media_id)).toBeDefined()
    await pictures.sweep(0)
    expect((await pictures.rows()).some((each) => each.media_id === gone)).toBe(false)
    await expect(
      pictures.store.transaction().execute((transaction) => attachMedia(transaction, key, [gone])),
    ).rejects.toThrow('detached')
  })

  test('EXT-38 pictures of a killed process are swept once they are old enough, including unfinished files', async () => {
    const media_id = 'f'.repeat(32)
    const media = {
      media_id,
      content_type: 'image/png',
      width: 1,
      height: 1,
      bytes: 1,
      thumbnail_bytes: 1,
    }
    await pictures.store
      .insertInto('media')
      .values({ ...media, created_at: NOW })
      .execute()
    const folder = createLocalStorage(pictures.directory)
    await folder.put(formatFileName(media_id, 'full'), Buffer.from('x'))
    await writeFile(
      join(pictures.directory, 'ff', `${formatFileName(media_id, 'thumbnail')}.unfinished`),
      'x',
    )
    await pictures.sweep(59)
    expect((await pictures.rows()).some((each) => each.media_id === media_id)).toBe(true)
    await Promise.all([pictures.sweep(61), pictures.sweep(61), pictures.sweep(61)])
    expect((await pictures.rows()).some((each) => each.media_id === media_id)).toBe(false)
  })

  test('EXT-38 deleting a service request removes its pictures', async () => {
    const { id, media_ids } = await pictures.fileWith(1)
    await pictures.store.deleteFrom('service_request').where('service_request_id', '=', id).execute()
    expect(await findPublicMedia(pictures.store, media_ids[0]!)).toBeUndefined()
    await pictures.sweep(61)
    expect((await pictures.rows()).some((each) => media_ids.includes(each.media_id))).toBe(false)
  })

  test('EXT-38 the removal of a file is retried until it succeeds', async () => {
    const { id, media_ids } = await pictures.fileWith(2)
    const key = await pictures.getRowId(id)
    await detachMedia(pictures.store, key, media_ids)
    let isUnavailable = true
    const failing: MediaStorage = {
      ...pictures.media.storage,
      remove: (name) =>
        isUnavailable ? Promise.reject(new Error('away')) : pictures.media.storage.remove(name),
    }
    const library = pictures.createLibrary(failing)
    const worker = startMediaSweeper(pictures.store, { ...pictures.media, library }, 100, log)
    await expect.poll(async () => (await pictures.rows()).filter((each) => each.detached_at).length).toBe(2)
    isUnavailable = false
    await expect.poll(async () => (await pictures.rows()).filter((each) => each.detached_at).length).toBe(0)
    await worker.stop()
    expect(await findPublicMedia(pictures.store, media_ids[0]!)).toBeUndefined()
  })
})
