import { randomBytes } from 'node:crypto'
import pLimit from 'p-limit'
import { describeError, type Log } from '../log.js'
import type { Datetime } from '../standard/datetime.js'
import { Faults, Refusal } from '../standard/refusal.js'
import type { Store } from '../store/database/database.js'
import {
  deleteMedia,
  detachMedia,
  insertMedia,
  releaseUnattachedMedia,
} from '../store/service-requests/media.js'
import { sanitizeImage } from './sanitize-image.js'
import { formatFileName, type MediaStorage, parseFileName, type Size } from './storage.js'
import { addFileFault, type Upload } from './uploads.js'

/** Pictures that are stored and that no service request has yet. */
export interface StoredMedia {
  media_ids: readonly string[]
  /** Where they can be seen, in the same order, once their service request is public. */
  media_urls: readonly string[]
}

/** What operations do with pictures. */
export interface MediaLibrary {
  /**
   * Cleans and stores `uploads` and gives them to `use`, which attaches them in its transaction (attachMedia). What it
   * does not attach, or what it was to attach when it failed, is removed. Refuses what is no clean picture (EXT-38).
   */
  store<Result>(
    uploads: readonly Upload[],
    now: Datetime,
    use: (kept: StoredMedia) => Promise<Result>,
  ): Promise<Result>
  /**
   * Forgets pictures of a service request that these addresses name, in a transaction. Their files are removed before long
   * after its end. Other addresses are nothing to it, and neither are pictures of others: anybody may name them.
   */
  forget(transaction: Store, service_request: number, media_urls: readonly string[]): Promise<void>
  /** Removes the files of forgotten pictures. Safe to repeat. */
  remove(media_ids: readonly string[]): Promise<void>
}

export interface MediaLibraryContext {
  store: Store
  storage: MediaStorage
  log: Log
  /** What file names follow, to make an address. */
  baseUrl: string
  maxPixels: number
}

const SIZES: readonly Size[] = ['whole', 'thumbnail']

/** Pictures in work at once: each may take hundreds of megabytes while it is decoded. */
const MAX_CONCURRENT = 1
/** Pictures that wait for their turn; more are asked to come back. */
const MAX_QUEUED = 30

/** Keeps pictures in `folder`, and what is known of them in `store`. */
export function createMediaLibrary({
  store,
  storage,
  log,
  baseUrl,
  maxPixels,
}: MediaLibraryContext): MediaLibrary {
  const turn = pLimit(MAX_CONCURRENT)
  let waiting = 0

  /** Adds its id to `media_ids` before there is anything to remove. */
  async function keepOne(upload: Upload, now: Datetime, media_ids: string[], faults: Faults): Promise<void> {
    const cleaned = await sanitizeImage(upload, maxPixels)
    if ('reason' in cleaned) {
      addFileFault(faults, upload.name, cleaned.reason)
      return
    }
    const { image, thumbnail, width, height } = cleaned
    const media_id = randomBytes(16).toString('hex')
    media_ids.push(media_id)
    await insertMedia(store, {
      media_id,
      content_type: upload.type,
      width,
      height,
      bytes: image.length,
      thumbnail_bytes: thumbnail.length,
      created: now,
    })
    await storage.put(formatFileName(media_id, 'whole'), image)
    await storage.put(formatFileName(media_id, 'thumbnail'), thumbnail)
  }

  async function remove(media_ids: readonly string[]): Promise<void> {
    for (const media_id of media_ids) {
      for (const size of SIZES) await storage.remove(formatFileName(media_id, size))
    }
    await deleteMedia(store, media_ids)
  }

  return {
    store: async (uploads, now, use) => {
      if (uploads.length === 0) return use({ media_ids: [], media_urls: [] })
      // However many come with one call: it has to be possible when nobody else is there.
      if (waiting > 0 && waiting + uploads.length > MAX_QUEUED) refuseBusy()
      const media_ids: string[] = []
      const faults = new Faults()
      let left = uploads.length
      waiting += left
      try {
        for (const upload of uploads)
          await turn(() => {
            left--
            waiting--
            return keepOne(upload, now, media_ids, faults)
          })
        faults.refuse()
        return await use({
          media_ids,
          media_urls: media_ids.map((media_id) => baseUrl + formatFileName(media_id, 'whole')),
        })
      } finally {
        waiting -= left
        // If it cannot be done now, it is when they are swept.
        await releaseUnattachedMedia(store, media_ids)
          .then(remove)
          .catch((error) => log.warn({ fault: describeError(error) }, 'pictures could not be removed'))
      }
    },
    forget: (transaction, service_request, media_urls) =>
      detachMedia(transaction, service_request, media_urls.flatMap(readMediaIds)),
    remove,
  }
}

/** By the end of the address, for this server may have had another name when it was given. */
function readMediaIds(media_url: string): string[] {
  const named = parseFileName(media_url.slice(media_url.lastIndexOf('/') + 1))
  return named ? [named.media_id] : []
}

function refuseBusy(): never {
  const description = 'Too many pictures wait to be looked at; please try again later.'
  throw new Refusal([{ rule: 'EXT-38', status: 503, description }], { 'retry-after': '30' })
}
