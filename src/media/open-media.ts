import { join } from 'node:path'
import type { Log } from '../log.js'
import type { Store } from '../store/database/database.js'
import { createMediaLibrary, type MediaLibrary } from './library.js'
import { createLocalStorage } from './local-storage.js'
import type { S3Options } from './s3-storage.js'
import type { MediaStorage } from './storage.js'
import { openUploadStore, type UploadLimits, type UploadStore } from './uploads.js'

/** Where below the address of the server pictures are (EXT-39). */
export const MEDIA_PATH = '/media'

export interface MediaOptions extends UploadLimits {
  /** Of pictures, unless they are in a bucket, and of files on their way. */
  directory: string
  bucket: S3Options | null
  publicUrl: string
  maxPixels: number
}

/** All that has to do with pictures. */
export interface Media {
  uploads: UploadStore
  storage: MediaStorage
  library: MediaLibrary
}

/** Makes the folder, if it is not there. */
export async function openMedia(options: MediaOptions, store: Store, log: Log): Promise<Media> {
  const { directory, bucket, publicUrl, maxBytes, maxFiles, maxPixels } = options
  const arrivals = await openUploadStore(join(directory, 'incoming'), { maxBytes, maxFiles })
  const folder = bucket ? await openBucket(bucket) : createLocalStorage(directory)
  const keeper = createMediaLibrary({
    store,
    storage: folder,
    log,
    baseUrl: `${publicUrl}${MEDIA_PATH}/`,
    maxPixels,
  })
  return { uploads: arrivals, storage: folder, library: keeper }
}

// Imported only where it is used: it is large.
async function openBucket(options: S3Options): Promise<MediaStorage> {
  const { createS3Storage: s3Folder } = await import('./s3-storage.js')
  return s3Folder(options)
}
