import { faultOf, type Log } from './log.js'
import { assignSomeAreas } from './store/assign-areas.js'
import type { Store } from './store/database.js'

/** Gives service requests their areas again after areas changed, in the background. */
export interface AreaWorker {
  /** Areas may have changed. */
  wake(): void
  /** Ends after the step under way. */
  stop(): Promise<void>
}

/** A pause between two steps, in milliseconds: calls go first. */
const PAUSE = 20

export function startAreaWorker(store: Store, log: Log): AreaWorker {
  let isStopped = false
  let isAgain = false
  let running: Promise<void> | null = null

  async function work(): Promise<void> {
    do {
      isAgain = false
      let told = -1
      for (let step = await assignSomeAreas(store); step && !isStopped; step = await assignSomeAreas(store)) {
        const percent = step.last === 0 ? 100 : Math.floor((step.done / step.last) * 10) * 10
        if (percent !== told) log.info({ ...step }, 'assigning areas')
        told = percent
        await new Promise((done) => setTimeout(done, PAUSE))
      }
    } while (isAgain && !isStopped)
  }

  function wake(): void {
    isAgain = true
    if (isStopped) return
    running ??= work()
      .catch((error) => {
        isAgain = false
        log.error({ fault: faultOf(error) }, 'areas could not be assigned')
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
