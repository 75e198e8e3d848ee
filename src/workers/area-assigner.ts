import { describeError, type Log } from '../log.js'
import { assignNextAreas, hasPendingAssignments } from '../store/catalog/assign-areas.js'
import type { Store } from '../store/database/database.js'

/** Looks up the areas of service requests again after areas changed, in the background. */
export interface AreaAssigner {
  /** Call it when areas may have changed. */
  wake(): void
  /** Waits for the current step. */
  stop(): Promise<void>
}

/** Between two steps, so that requests are not delayed. */
const STEP_PAUSE_MS = 20
/** While another process assigns areas or writes. */
const BLOCKED_PAUSE_MS = 500

export function startAreaAssigner(store: Store, log: Log): AreaAssigner {
  let isStopped = false
  let isWokenAgain = false
  let running: Promise<void> | null = null

  async function work(): Promise<void> {
    let loggedPercent = -1
    while (!isStopped) {
      isWokenAgain = false
      const step = await assignNextAreas(store)
      if (!step && !(await hasPendingAssignments(store))) {
        if (isWokenAgain) continue
        return
      }
      const percent = step ? Math.floor((step.done_id / Math.max(step.last_id, 1)) * 10) * 10 : loggedPercent
      if (step && percent !== loggedPercent) log.info({ ...step }, 'assigning areas')
      loggedPercent = percent
      await new Promise((resolve) => setTimeout(resolve, step ? STEP_PAUSE_MS : BLOCKED_PAUSE_MS))
    }
  }

  function wake(): void {
    isWokenAgain = true
    if (isStopped) return
    running ??= work()
      .catch((error) => {
        // Possibly a deadlock with another writer. The next catalog refresh wakes this worker again.
        isWokenAgain = false
        log.error({ error: describeError(error) }, 'could not assign areas')
      })
      .finally(() => {
        running = null
        if (isWokenAgain) wake()
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
