import { describeError, type Log } from '../log.js'
import type { Media } from '../media/open-media.js'
import { formatDatetime } from '../standard/datetime.js'
import type { Store } from '../store/database/database.js'
import { detachStaleMedia, listDetachedMedia } from '../store/service-requests/media.js'
import { startPeriodicTask } from './periodic-task.js'

/** Removes files without a service request: of killed processes, and of erased or redacted service requests. */
export interface MediaSweeper {
  /** Waits for the current step. */
  stop(): Promise<void>
}

const MAX_INTERVAL_MS = 60_000
const BATCH_SIZE = 100

export interface SweepOptions {
  /** Milliseconds since 1970. */
  now: number
  /** Time in which an upload must be attached to a service request. */
  graceMs: number
}

/**
 * Detaches pictures that have had no service request for longer than `graceMs`, and removes the files of detached pictures.
 * Idempotent: several processes may do it at the same time.
 */
export async function sweepMedia(
  store: Store,
  { uploads, library }: Media,
  { now, graceMs }: SweepOptions,
  isStopped: () => boolean = () => false,
): Promise<void> {
  await uploads.sweep(now - graceMs)
  await detachStaleMedia(store, formatDatetime(now - graceMs))
  while (!isStopped()) {
    const media_ids = await listDetachedMedia(store, BATCH_SIZE)
    if (media_ids.length === 0) return
    await library.remove(media_ids)
  }
}

export function startMediaSweeper(store: Store, media: Media, graceMs: number, log: Log): MediaSweeper {
  let isStopped = false
  let isFailing = false
  const { schedule, stop } = startPeriodicTask(work)

  async function work(): Promise<void> {
    try {
      await sweepMedia(store, media, { now: Date.now(), graceMs }, () => isStopped)
      isFailing = false
    } catch (error) {
      if (!isFailing) log.error({ error: describeError(error) }, 'could not remove pictures')
      isFailing = true
    }
    schedule(Math.min(graceMs / 2, MAX_INTERVAL_MS))
  }

  schedule(0)
  return {
    stop: () => {
      isStopped = true
      return stop()
    },
  }
}
