import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect } from 'vitest'
import { createLog } from '../../../src/log.js'
import { createMediaLibrary, type StoredMedia } from '../../../src/media/library.js'
import { openMedia } from '../../../src/media/open-media.js'
import { formatFileName, type MediaStorage } from '../../../src/media/storage.js'
import type { Upload } from '../../../src/media/uploads.js'
import { sweepMedia } from '../../../src/workers/media-sweeper.js'
import type { TestDatabase } from '../../harness/databases.js'
import { openBeforeTests } from '../../harness/open-before-tests.js'
import { NOW, storeTown } from '../../harness/stored-squareton.js'
import { drawNoise } from '../../media/pictures.js'

export const log = createLog('silent')

/** Squareton, with pictures of its service requests stored in a folder. */
async function openPictures({ store }: TestDatabase) {
  const squareton = await storeTown(store)
  const directory = await mkdtemp(join(tmpdir(), 'georeport-media-'))
  const media = await openMedia(
    {
      directory,
      bucket: null,
      baseUrl: 'https://city.example/media/',
      maxBytes: 100_000,
      maxFiles: 9,
      maxPixels: 10_000,
    },
    store,
    log,
  )
  const photo = await drawNoise(30, 20).jpeg().toBuffer()

  let count = 0
  const upload = async (bytes = photo): Promise<Upload> => {
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
  const file = (fields: Parameters<typeof squareton.file>[1] = {}) => squareton.file('POTHOLE', fields)
  const storeUploads = <Result>(uploads: readonly Upload[], use: (stored: StoredMedia) => Promise<Result>) =>
    media.library.store(uploads, NOW, use)
  const rows = () => store.selectFrom('media').selectAll().orderBy('media_id').execute()
  const files = async () =>
    (await readdir(directory, { recursive: true }))
      .filter((name) => /\.jpg/.test(name))
      .map((name) => name.slice(3))
      .sort()

  return {
    store,
    directory,
    media,
    photo,
    upload,
    file,
    storeUploads,
    /** A media library with another storage, such as one that is slow or fails. */
    createLibrary: (storage: MediaStorage) =>
      createMediaLibrary({ store, storage, log, baseUrl: '', maxPixels: 10_000 }),
    rows,
    fileWith: async (pictures: number, fields: Parameters<typeof file>[0] = {}) => {
      const uploads = await Promise.all(Array.from({ length: pictures }, () => upload()))
      return storeUploads(uploads, async (stored) => {
        const id = await file({ ...fields, ...stored, media_urls: [...stored.media_urls] })
        return { id, ...stored }
      })
    },
    getRowId: async (service_request_id: string) =>
      (
        await store
          .selectFrom('service_request')
          .where('service_request_id', '=', service_request_id)
          .select('id')
          .executeTakeFirstOrThrow()
      ).id,
    /** Expects that every picture belongs to a service request and has its files, and that there are no other files. */
    expectConsistent: async () => {
      const all = await rows()
      expect(all.every((each) => each.service_request !== null)).toBe(true)
      expect(await files()).toEqual(
        all
          .flatMap(({ media_id }) => [
            formatFileName(media_id, 'thumbnail'),
            formatFileName(media_id, 'full'),
          ])
          .sort(),
      )
    },
    /** Runs the sweeper once, at NOW plus `minutes`. */
    sweep: (minutes: number) =>
      sweepMedia(store, media, { now: Date.parse(NOW) + minutes * 60_000, graceMs: 3_600_000 }),
    close: () => rm(directory, { recursive: true }),
  }
}

/** Pictures for the tests of a `describe`; each test has to leave consistent rows and files. */
export function usePictures(open: () => Promise<TestDatabase>) {
  const pictures = openBeforeTests(open, openPictures)
  afterEach(() => pictures.expectConsistent())
  return pictures
}
