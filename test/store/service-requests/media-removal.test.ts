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
      pictures.keep([await pictures.upload()], async (kept) => {
        await pictures.swept(61)
        return pictures.file({ ...kept, media_urls: [...kept.media_urls] })
      }),
    ).rejects.toThrow('detached')
    expect(await pictures.store.selectFrom('service_request').select('id').execute()).toEqual(before)
  })

  test('EXT-38 EXT-39 detached pictures are no longer served, and their files are removed', async () => {
    const [one, other] = [await pictures.filedWith(2), await pictures.filedWith(1)]
    const key = await pictures.keyOf(one.id)
    const [gone, stays] = one.media_ids as [string, string]
    // Anybody may name a picture of somebody else as a media_url of theirs, and then have that erased.
    const named = [
      `http://before.example/media/${gone}.jpg`,
      ...other.media_urls,
      'https://img.example/a.jpg',
    ]
    const forget = (transaction: typeof pictures.store) =>
      pictures.media.library.detach(transaction, key, named)
    await expect(
      pictures.store
        .transaction()
        .execute((transaction) => forget(transaction).then(() => Promise.reject(new Error('no')))),
    ).rejects.toThrow('no')
    expect(await findPublicMedia(pictures.store, gone)).toBeDefined()
    await pictures.store.transaction().execute(forget)
    expect(await findPublicMedia(pictures.store, gone)).toBeUndefined()
    for (const media_id of [stays, ...other.media_ids])
      expect(await findPublicMedia(pictures.store, media_id)).toBeDefined()
    await pictures.swept(0)
    expect((await pictures.rows()).some((each) => each.media_id === gone)).toBe(false)
    await expect(
      pictures.store.transaction().execute((transaction) => attachMedia(transaction, key, [gone])),
    ).rejects.toThrow('detached')
  })

  test('EXT-38 pictures of a killed process are swept once they are old enough, including unfinished files', async () => {
    const media_id = 'f'.repeat(32)
    const announced = {
      media_id,
      content_type: 'image/png',
      width: 1,
      height: 1,
      bytes: 1,
      thumbnail_bytes: 1,
    }
    await pictures.store
      .insertInto('media')
      .values({ ...announced, created_at: NOW })
      .execute()
    const folder = createLocalStorage(pictures.directory)
    await folder.put(formatFileName(media_id, 'full'), Buffer.from('x'))
    await writeFile(
      join(pictures.directory, 'ff', `${formatFileName(media_id, 'thumbnail')}.unfinished`),
      'x',
    )
    await pictures.swept(59)
    expect((await pictures.rows()).some((each) => each.media_id === media_id)).toBe(true)
    await Promise.all([pictures.swept(61), pictures.swept(61), pictures.swept(61)])
    expect((await pictures.rows()).some((each) => each.media_id === media_id)).toBe(false)
  })

  test('EXT-38 deleting a service request removes its pictures', async () => {
    const { id, media_ids } = await pictures.filedWith(1)
    await pictures.store.deleteFrom('service_request').where('service_request_id', '=', id).execute()
    expect(await findPublicMedia(pictures.store, media_ids[0]!)).toBeUndefined()
    await pictures.swept(61)
    expect((await pictures.rows()).some((each) => media_ids.includes(each.media_id))).toBe(false)
  })

  test('EXT-38 the removal of a file is retried until it succeeds', async () => {
    const { id, media_ids } = await pictures.filedWith(2)
    const key = await pictures.keyOf(id)
    await detachMedia(pictures.store, key, media_ids)
    let isAway = true
    const away: MediaStorage = {
      ...pictures.media.storage,
      remove: (name) => (isAway ? Promise.reject(new Error('away')) : pictures.media.storage.remove(name)),
    }
    const keeper = pictures.keeperOn(away)
    const worker = startMediaSweeper(pictures.store, { ...pictures.media, library: keeper }, 100, log)
    await expect.poll(async () => (await pictures.rows()).filter((each) => each.detached_at).length).toBe(2)
    isAway = false
    await expect.poll(async () => (await pictures.rows()).filter((each) => each.detached_at).length).toBe(0)
    await worker.stop()
    expect(await findPublicMedia(pictures.store, media_ids[0]!)).toBeUndefined()
  })
})
