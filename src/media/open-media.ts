import { join } from 'node:path'
import type { Log } from '../log.js'
import type { Store } from '../store/database/database.js'
import { createMediaLibrary, type MediaLibrary } from './library.js'
import { createLocalStorage } from './local-storage.js'
import type { S3Options } from './s3-storage.js'
import type { MediaStorage } from './storage.js'
import { openUploadStore, type UploadLimits, type UploadStore } from './uploads.js'

export interface MediaOptions extends UploadLimits {
  /** For uploads, and for pictures without a bucket. */
  directory: string
  bucket: S3Options | null
  /** URL prefix of picture file names (EXT-39). */
  baseUrl: string
  maxPixels: number
}

export interface Media {
  uploads: UploadStore
  storage: MediaStorage
  library: MediaLibrary
}

/** Opens the upload store, the storage and the library. Creates the directory if needed. */
export async function openMedia(options: MediaOptions, store: Store, log: Log): Promise<Media> {
  const { directory, bucket, baseUrl, maxBytes, maxFiles, maxPixels } = options
  const uploads = await openUploadStore(join(directory, 'incoming'), { maxBytes, maxFiles })
  const storage = bucket ? await openBucket(bucket) : createLocalStorage(directory)
  const library = createMediaLibrary({ store, storage, log, baseUrl, maxPixels })
  return { uploads, storage, library }
}

// Loaded on demand: the SDK is large.
async function openBucket(options: S3Options): Promise<MediaStorage> {
  const { createS3Storage } = await import('./s3-storage.js')
  return createS3Storage(options)
}
