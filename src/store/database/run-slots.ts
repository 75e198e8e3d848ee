/** Runs at once per queue: the next statement is sent while the result of the first is awaited. */
const MAX_RUNNING = 2
/**
 * Slow runs per queue that give up their slot, so that a lock or a dead connection does not hold up
 * the queue.
 */
const MAX_SLOW = 2
const SLOW_AFTER_MS = 1000

/** Counts the runs of one queue. */
export interface RunSlots {
  running: number
  slow: number
}

export function createRunSlots(): RunSlots {
  return { running: 0, slow: 0 }
}

export function hasFreeSlot({ running }: RunSlots): boolean {
  return running < MAX_RUNNING
}

export function isIdle({ running, slow }: RunSlots): boolean {
  return running + slow === 0
}

/**
 * Starts `task`, which never rejects. Calls `onFree(true)` when it ends, and `onFree(false)` if it
 * gives up its slot before that because it is slow.
 */
export function runInSlot(
  slots: RunSlots,
  task: () => Promise<void>,
  onFree: (hasEnded: boolean) => void,
): void {
  let state: keyof RunSlots = 'running'
  slots[state]++
  const timer = setTimeout(() => {
    if (slots.slow === MAX_SLOW) return
    slots[state]--
    state = 'slow'
    slots[state]++
    onFree(false)
  }, SLOW_AFTER_MS).unref()
  void task().finally(() => {
    clearTimeout(timer)
    slots[state]--
    onFree(true)
  })
}
