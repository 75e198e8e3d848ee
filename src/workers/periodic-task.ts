/** Work that is done again and again, one turn after the other. */
export interface PeriodicTask {
  /** The next turn comes in so many milliseconds, or sooner if that was planned before. */
  schedule(milliseconds: number): void
  /** Plans nothing more, and ends after the turn under way. */
  stop(): Promise<void>
}

/** Calls `work`, which does not throw, whenever a turn that was planned has come. */
export function startPeriodicTask(work: () => Promise<void>): PeriodicTask {
  let isStopped = false
  let timer: NodeJS.Timeout | null = null
  let dueAt = 0
  let running: Promise<void> = Promise.resolve()
  return {
    schedule: (milliseconds) => {
      const at = performance.now() + milliseconds
      if (isStopped || (timer && dueAt <= at)) return
      if (timer) clearTimeout(timer)
      dueAt = at
      timer = setTimeout(() => {
        timer = null
        running = running.then(work)
      }, milliseconds).unref()
    },
    stop: async () => {
      isStopped = true
      if (timer) clearTimeout(timer)
      await running
    },
  }
}
