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

/** Stored pictures that are not attached to a service request yet. */
export interface StoredMedia {
  media_ids: readonly string[]
  /** In the same order. They are served once the service request is public. */
  media_urls: readonly string[]
}

export interface MediaLibrary {
  /**
   * Sanitizes and stores `uploads`, then calls `use`, which attaches them in its transaction (attachMedia). Pictures that
   * are not attached, or whose transaction failed, are removed. Refuses files that are no acceptable pictures (EXT-38).
   */
  store<Result>(
    uploads: readonly Upload[],
    now: Datetime,
    use: (stored: StoredMedia) => Promise<Result>,
  ): Promise<Result>
  /**
   * Detaches the pictures of a service request that `media_urls` name, in a transaction; the media sweeper removes their
   * files later. Ignores other URLs and pictures of other service requests: reporters may send any URL.
   */
  detach(transaction: Store, service_request: number, media_urls: readonly string[]): Promise<void>
  /** Removes the files of detached pictures. Idempotent. */
  remove(media_ids: readonly string[]): Promise<void>
}

export interface MediaLibraryContext {
  store: Store
  storage: MediaStorage
  log: Log
  /** URL prefix of file names. */
  baseUrl: string
  maxPixels: number
}

const SIZES: readonly Size[] = ['full', 'thumbnail']

/** Decoding one picture may take hundreds of megabytes. */
const MAX_CONCURRENT = 1
/** Pictures that wait to be decoded; beyond, the response is 503. */
const MAX_QUEUED = 30

export function createMediaLibrary({
  store,
  storage,
  log,
  baseUrl,
  maxPixels,
}: MediaLibraryContext): MediaLibrary {
  const limitConcurrency = pLimit(MAX_CONCURRENT)
  let queued = 0

  async function storeOne(upload: Upload, now: Datetime, media_ids: string[], faults: Faults): Promise<void> {
    const sanitized = await sanitizeImage(upload, maxPixels)
    if ('reason' in sanitized) {
      addFileFault(faults, upload.name, sanitized.reason)
      return
    }
    const { image, thumbnail, width, height } = sanitized
    const media_id = randomBytes(16).toString('hex')
    // Before the first write: whatever fails after it, the caller removes the picture.
    media_ids.push(media_id)
    await insertMedia(store, {
      media_id,
      content_type: upload.type,
      width,
      height,
      bytes: image.length,
      thumbnail_bytes: thumbnail.length,
      created_at: now,
    })
    await storage.put(formatFileName(media_id, 'full'), image)
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
      // A request that exceeds the limit alone must succeed when the queue is empty.
      if (queued > 0 && queued + uploads.length > MAX_QUEUED) refuseBusy()
      const media_ids: string[] = []
      const faults = new Faults()
      let remaining = uploads.length
      queued += remaining
      try {
        for (const upload of uploads)
          await limitConcurrency(() => {
            remaining--
            queued--
            return storeOne(upload, now, media_ids, faults)
          })
        faults.refuse()
        return await use({
          media_ids,
          media_urls: media_ids.map((media_id) => baseUrl + formatFileName(media_id, 'full')),
        })
      } finally {
        queued -= remaining
        // A failure is left to the media sweeper.
        await releaseUnattachedMedia(store, media_ids)
          .then(remove)
          .catch((error) => log.warn({ error: describeError(error) }, 'could not remove pictures'))
      }
    },
    detach: (transaction, service_request, media_urls) =>
      detachMedia(transaction, service_request, media_urls.flatMap(readMediaIds)),
    remove,
  }
}

/** Looks at the file name only: PUBLIC_URL may have changed since the URL was made. */
function readMediaIds(media_url: string): string[] {
  const parsed = parseFileName(media_url.slice(media_url.lastIndexOf('/') + 1))
  return parsed ? [parsed.media_id] : []
}

function refuseBusy(): never {
  const description = 'Too many pictures wait to be looked at; please try again later.'
  throw new Refusal([{ rule: 'EXT-38', status: 503, description }], { 'retry-after': '30' })
}
