import { join } from 'node:path'
import type { Log } from '../log.js'
import type { Store } from '../store/database/database.js'
import { type MediaKeeper, mediaKeeper } from './library.js'
import { localFolder } from './local-storage.js'
import type { S3Options } from './s3-storage.js'
import type { MediaFolder } from './storage.js'
import { type Arrivals, openArrivals, type UploadLimits } from './uploads.js'

/** Where below the address of the server pictures are (EXT-39). */
export const MEDIA = '/media'

export interface MediaOptions extends UploadLimits {
  /** Of pictures, unless they are in a bucket, and of files on their way. */
  directory: string
  bucket: S3Options | null
  publicUrl: string
  mostPixels: number
}

/** All that has to do with pictures. */
export interface Media {
  arrivals: Arrivals
  folder: MediaFolder
  keeper: MediaKeeper
}

/** Makes the folder, if it is not there. */
export async function openMedia(options: MediaOptions, store: Store, log: Log): Promise<Media> {
  const { directory, bucket, publicUrl, mostBytes, mostFiles, mostPixels } = options
  const arrivals = await openArrivals(join(directory, 'incoming'), { mostBytes, mostFiles })
  const folder = bucket ? await openBucket(bucket) : localFolder(directory)
  const keeper = mediaKeeper({ store, folder, log, base: `${publicUrl}${MEDIA}/`, mostPixels })
  return { arrivals, folder, keeper }
}

// Imported only where it is used: it is large.
async function openBucket(options: S3Options): Promise<MediaFolder> {
  const { s3Folder } = await import('./s3-storage.js')
  return s3Folder(options)
}
