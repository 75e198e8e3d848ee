import { describeError, type Log } from '../log.js'
import type { Media } from '../media/open-media.js'
import { formatDatetime } from '../standard/datetime.js'
import type { Store } from '../store/database/database.js'
import { detachStaleMedia, listDetachedMedia } from '../store/service-requests/media.js'
import { startPeriodicTask } from './periodic-task.js'

/** Removes files of pictures that nobody has: of processes that were killed, of erased service requests. */
export interface MediaSweeper {
  /** Ends after the step under way. */
  stop(): Promise<void>
}

/** Milliseconds between two rounds, at most. */
const MAX_INTERVAL_MS = 60_000
/** Pictures at once. */
const BATCH_SIZE = 100

/** Whose files are kept how long. */
export interface SweepOptions {
  /** Milliseconds since 1970. */
  now: number
  /** Milliseconds that files are given to become those of a service request. */
  grace: number
}

/**
 * One round: what nobody has for longer than `grace` is forgotten, and what is forgotten is removed. Several processes may
 * do the same at the same time: every step can be repeated.
 */
export async function sweepMedia(
  store: Store,
  { uploads, library }: Media,
  { now, grace }: SweepOptions,
  isStopped: () => boolean = () => false,
): Promise<void> {
  await uploads.sweep(now - grace)
  await detachStaleMedia(store, formatDatetime(now - grace))
  while (!isStopped()) {
    const forgotten = await listDetachedMedia(store, BATCH_SIZE)
    if (forgotten.length === 0) return
    await library.remove(forgotten)
  }
}

/** Sweeps at once and then again and again. */
export function startMediaSweeper(store: Store, media: Media, grace: number, log: Log): MediaSweeper {
  let isStopped = false
  let isFailing = false
  const { schedule, stop } = startPeriodicTask(work)

  async function work(): Promise<void> {
    try {
      await sweepMedia(store, media, { now: Date.now(), grace }, () => isStopped)
      isFailing = false
    } catch (error) {
      if (!isFailing) log.error({ fault: describeError(error) }, 'pictures could not be removed')
      isFailing = true
    }
    schedule(Math.min(grace / 2, MAX_INTERVAL_MS))
  }

  schedule(0)
  return {
    stop: () => {
      isStopped = true
      return stop()
    },
  }
}
