/** A task that runs repeatedly, never concurrently with itself. */
export interface PeriodicTask {
  /** Schedules the next run in `delayMs`, unless an earlier one is scheduled. */
  schedule(delayMs: number): void
  /** Cancels the next run and waits for the current one. */
  stop(): Promise<void>
}

/** Calls `work` at each scheduled time. `work` must not throw. */
export function startPeriodicTask(work: () => Promise<void>): PeriodicTask {
  let isStopped = false
  let timer: NodeJS.Timeout | null = null
  let dueAt = 0
  let running: Promise<void> = Promise.resolve()
  return {
    schedule: (delayMs) => {
      const at = performance.now() + delayMs
      if (isStopped || (timer && dueAt <= at)) return
      if (timer) clearTimeout(timer)
      dueAt = at
      timer = setTimeout(() => {
        timer = null
        running = running.then(work)
      }, delayMs).unref()
    },
    stop: async () => {
      isStopped = true
      if (timer) clearTimeout(timer)
      await running
    },
  }
}
