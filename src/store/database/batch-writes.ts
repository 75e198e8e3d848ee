import { createQueueTimeout } from './errors.js'
import { createRunSlots, hasFreeSlot, isIdle, type RunSlots, runInSlot } from './run-slots.js'

interface BatchOptions<Write> {
  /** Writes with the same queue key may wait for the same lock: one queue does not hold up another. */
  queueKey(write: Write): string
  /** Only writes with the same group key share a batch. */
  groupKey(write: Write): string
  /** A batch has no two writes with the same exclusive key. */
  exclusiveKeys(write: Write): readonly string[]
  /** True if the failed batch wrote nothing and its halves may be tried. */
  canDivide(error: unknown): boolean
  /** Writes per batch. */
  maxBatch: number
  /** Batches at once, over all queues. */
  concurrency: number
  /** Milliseconds that a write may wait for its batch to start. */
  queueTimeout: number
}

interface WaitingWrite<Write, Result> {
  write: Write
  group: string
  /** Order of arrival. */
  sequence: number
  resolve(result: Result): void
  reject(error: unknown): void
  timer?: NodeJS.Timeout
}

interface WriteQueue<Write, Result> {
  key: string
  slots: RunSlots
  waiting: Set<WaitingWrite<Write, Result>>
}

/**
 * Group commit: a write starts at once while its queue has a free slot; writes that had to wait
 * share the next batch. `run` writes all of a batch or nothing and returns a result per write, in
 * order. A write that waits longer than `queueTimeout` rejects and is never run. Writes to
 * different stores never share a batch.
 */
export function batchWrites<Store extends object, Write, Result>(
  run: (store: Store, writes: readonly Write[]) => Promise<readonly Result[]>,
  options: BatchOptions<Write>,
): (store: Store, write: Write) => Promise<Result> {
  const byStore = new WeakMap<Store, (write: Write) => Promise<Result>>()
  return (store, write) => {
    let enqueue = byStore.get(store)
    if (!enqueue) {
      enqueue = createBatcher((writes) => run(store, writes), options)
      byStore.set(store, enqueue)
    }
    return enqueue(write)
  }
}

function createBatcher<Write, Result>(
  run: (writes: readonly Write[]) => Promise<readonly Result[]>,
  { queueKey, groupKey, exclusiveKeys, canDivide, maxBatch, concurrency, queueTimeout }: BatchOptions<Write>,
): (write: Write) => Promise<Result> {
  type Waiting = WaitingWrite<Write, Result>
  type Queue = WriteQueue<Write, Result>
  const queues = new Map<string, Queue>()
  /** Queues that have a free slot and waiting writes. */
  const ready = new Set<Queue>()
  let running = 0
  let sequence = 0

  function enqueue(write: Write): Promise<Result> {
    return new Promise((resolve, reject) => {
      const key = queueKey(write)
      const queue = queues.get(key) ?? { key, slots: createRunSlots(), waiting: new Set() }
      queues.set(key, queue)
      const waiting: Waiting = { write, group: groupKey(write), sequence: sequence++, resolve, reject }
      queue.waiting.add(waiting)
      startBatches(queue)
      if (!queue.waiting.has(waiting)) return
      waiting.timer = setTimeout(() => {
        queue.waiting.delete(waiting)
        updateReady(queue)
        reject(createQueueTimeout())
      }, queueTimeout).unref()
    })
  }

  /** Starts batches after `changed` got a write or a free slot; the oldest write goes first. */
  function startBatches(changed: Queue): void {
    updateReady(changed)
    while (running < concurrency && ready.size > 0) {
      const queue = findOldest(ready)
      startBatch(queue)
      updateReady(queue)
    }
  }

  function updateReady(queue: Queue): void {
    if (queue.waiting.size > 0 && hasFreeSlot(queue.slots)) ready.add(queue)
    else ready.delete(queue)
    if (queue.waiting.size === 0 && isIdle(queue.slots)) queues.delete(queue.key)
  }

  function startBatch(queue: Queue): void {
    const batch = selectBatch(queue.waiting)
    for (const waiting of batch) {
      queue.waiting.delete(waiting)
      clearTimeout(waiting.timer)
    }
    running++
    const onFree = (hasEnded: boolean) => {
      if (hasEnded) running--
      startBatches(queue)
    }
    runInSlot(queue.slots, () => settle(batch), onFree)
  }

  /** The oldest write, and writes of its group without common exclusive keys. */
  function selectBatch(waiting: ReadonlySet<Waiting>): Waiting[] {
    const batch: Waiting[] = []
    const usedKeys = new Set<string>()
    for (const each of waiting) {
      if (batch.length > 0 && each.group !== batch[0]!.group) continue
      const keys = exclusiveKeys(each.write)
      if (keys.some((key) => usedKeys.has(key))) continue
      for (const key of keys) usedKeys.add(key)
      if (batch.push(each) >= maxBatch) break
    }
    return batch
  }

  async function settle(batch: readonly Waiting[]): Promise<void> {
    try {
      const results = await run(batch.map(({ write }) => write))
      for (const [index, { resolve }] of batch.entries()) resolve(results[index]!)
    } catch (error) {
      if (batch.length > 1 && canDivide(error)) {
        const half = batch.length >> 1
        await settle(batch.slice(0, half))
        await settle(batch.slice(half))
      } else for (const { reject } of batch) reject(error)
    }
  }

  return enqueue
}

function findOldest<Write, Result>(
  queues: ReadonlySet<WriteQueue<Write, Result>>,
): WriteQueue<Write, Result> {
  const oldest = ({ waiting }: WriteQueue<Write, Result>) => waiting.values().next().value!.sequence
  return [...queues].reduce((a, b) => (oldest(b) < oldest(a) ? b : a))
}
