import { faultOf, type Log } from '../log.js'
import type { Media } from '../media/open-media.js'
import { formatDatetime } from '../standard/datetime.js'
import type { Store } from '../store/database/database.js'
import { forgetStaleMedia, listForgottenMedia } from '../store/service-requests/media.js'
import { repeating } from './periodic-task.js'

/** Removes files of pictures that nobody has: of processes that were killed, of erased service requests. */
export interface MediaWorker {
  /** Ends after the step under way. */
  stop(): Promise<void>
}

/** Milliseconds between two rounds, at most. */
const MOST_BETWEEN = 60_000
/** Pictures at once. */
const STEP = 100

/** Whose files are kept how long. */
export interface Sweeping {
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
  { arrivals, keeper }: Media,
  { now, grace }: Sweeping,
  isStopped: () => boolean = () => false,
): Promise<void> {
  await arrivals.sweep(now - grace)
  await forgetStaleMedia(store, formatDatetime(now - grace))
  while (!isStopped()) {
    const forgotten = await listForgottenMedia(store, STEP)
    if (forgotten.length === 0) return
    await keeper.remove(forgotten)
  }
}

/** Sweeps at once and then again and again. */
export function startMediaWorker(store: Store, media: Media, grace: number, log: Log): MediaWorker {
  let isStopped = false
  let isFailing = false
  const { plan, stop } = repeating(work)

  async function work(): Promise<void> {
    try {
      await sweepMedia(store, media, { now: Date.now(), grace }, () => isStopped)
      isFailing = false
    } catch (error) {
      if (!isFailing) log.error({ fault: faultOf(error) }, 'pictures could not be removed')
      isFailing = true
    }
    plan(Math.min(grace / 2, MOST_BETWEEN))
  }

  plan(0)
  return {
    stop: () => {
      isStopped = true
      return stop()
    },
  }
}
