import { createRunSlots, hasFreeSlot, isIdle, type RunSlots, runInSlot } from './run-slots.js'

/** Reads of one key that wait for the next run. */
interface ReadQueue<Read, Result> {
  slots: RunSlots
  waiting: WaitingRead<Read, Result>[]
}

interface WaitingRead<Read, Result> {
  read: Read
  resolve(result: Result): void
  reject(error: unknown): void
}

/**
 * Single flight for reads: concurrent reads of the same key share one run of `run`, which returns a
 * result per read, in order. A read starts at once while its key has a free slot; later reads share
 * the next run. A run begins after all of its reads arrived, so that a read never returns data
 * older than itself. An error rejects all reads of that run. Reads of different stores are never
 * shared.
 */
export function coalesce<Store extends object, Read, Result>(
  run: (store: Store, reads: readonly Read[]) => Promise<readonly Result[]>,
  keyOf: (read: Read) => string,
  maxReadsPerRun = Number.POSITIVE_INFINITY,
): (store: Store, read: Read) => Promise<Result> {
  const queuesByStore = new WeakMap<Store, Map<string, ReadQueue<Read, Result>>>()

  return (store, read) =>
    new Promise((resolve, reject) => {
      const queues = queuesByStore.get(store) ?? new Map<string, ReadQueue<Read, Result>>()
      queuesByStore.set(store, queues)
      const key = keyOf(read)
      const queue = queues.get(key) ?? { slots: createRunSlots(), waiting: [] }
      queues.set(key, queue)

      const startNext = () => {
        while (queue.waiting.length > 0 && hasFreeSlot(queue.slots)) {
          const reads = queue.waiting.splice(0, maxReadsPerRun)
          runInSlot(queue.slots, () => settle(store, reads), startNext)
        }
        if (queue.waiting.length === 0 && isIdle(queue.slots)) queues.delete(key)
      }
      queue.waiting.push({ read, resolve, reject })
      startNext()
    })

  async function settle(store: Store, waiting: readonly WaitingRead<Read, Result>[]): Promise<void> {
    try {
      const results = await run(
        store,
        waiting.map(({ read }) => read),
      )
      for (const [index, { resolve }] of waiting.entries()) resolve(results[index]!)
    } catch (error) {
      for (const { reject } of waiting) reject(error)
    }
  }
}
