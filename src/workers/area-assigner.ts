import { describeError, type Log } from '../log.js'
import { assignNextAreas, hasPendingAssignments } from '../store/catalog/assign-areas.js'
import type { Store } from '../store/database/database.js'

/** Gives service requests their areas again after areas changed, in the background. */
export interface AreaAssigner {
  /** Areas may have changed. */
  wake(): void
  /** Ends after the step under way. */
  stop(): Promise<void>
}

/** A pause between two steps, in milliseconds: calls go first. */
const STEP_PAUSE_MS = 20
/** While somebody else is at it, or has been writing. */
const BLOCKED_PAUSE_MS = 500

/** Looks for work whenever it is woken. */
export function startAreaAssigner(store: Store, log: Log): AreaAssigner {
  let isStopped = false
  let isAgain = false
  let running: Promise<void> | null = null

  async function work(): Promise<void> {
    let told = -1
    while (!isStopped) {
      isAgain = false
      const step = await assignNextAreas(store)
      if (!step && !(await hasPendingAssignments(store))) {
        if (isAgain) continue
        return
      }
      const percent = step ? Math.floor((step.done / Math.max(step.last, 1)) * 10) * 10 : told
      if (step && percent !== told) log.info({ ...step }, 'assigning areas')
      told = percent
      await new Promise((done) => setTimeout(done, step ? STEP_PAUSE_MS : BLOCKED_PAUSE_MS))
    }
  }

  function wake(): void {
    isAgain = true
    if (isStopped) return
    running ??= work()
      .catch((error) => {
        // Two who change the same rows may have stood in each other's way: the next reading of the catalog wakes it.
        isAgain = false
        log.error({ fault: describeError(error) }, 'areas could not be assigned')
      })
      .finally(() => {
        running = null
        if (isAgain) wake()
      })
  }

  return {
    wake,
    stop: async () => {
      isStopped = true
      await running
    },
  }
}
