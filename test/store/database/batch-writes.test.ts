import { expect, test, vi } from 'vitest'
import { batchWrites } from '../../../src/store/database/batch-writes.js'
import { isRolledBack, isUnavailable } from '../../../src/store/database/errors.js'

/** A run function whose runs end on request, with the items of each run. */
function createControlledRun() {
  const runs: { items: readonly string[]; end: (error?: Error) => void }[] = []
  const run = (_: object, items: readonly string[]) =>
    new Promise<string[]>((done, fail) => {
      runs.push({ items, end: (error) => (error ? fail(error) : done(items.map((item) => `${item}!`))) })
    })
  return { runs, run }
}

/** Batches all items in one store. */
const batchInOneStore = (
  run: (store: object, items: readonly string[]) => Promise<readonly string[]>,
  batchOptions: typeof options,
) => {
  const [write, store] = [batchWrites(run, batchOptions), {}]
  return (item: string) => write(store, item)
}

const settle = () => new Promise((done) => setImmediate(done))
const options = {
  groupKey: (item: string) => item[0]!,
  queueKey: (item: string) => item[0]!.toLowerCase(),
  queueTimeout: 60_000,
  maxBatch: 100,
  concurrency: 8,
  exclusiveKeys: (item: string): string[] => (item.length > 2 ? [item.slice(2)] : []),
  canDivide: (error: unknown) => (error as Error).message === 'undone',
}

test('the first items run at once; items that have to wait run as one batch, each with its own result', async () => {
  const { runs, run } = createControlledRun()
  const write = batchInOneStore(run, options)
  const results = ['a1', 'a2', 'a3', 'a4', 'a5'].map(write)
  expect(runs.map(({ items }) => items)).toEqual([['a1'], ['a2']])
  runs[0]!.end()
  await settle()
  expect(runs[2]!.items).toEqual(['a3', 'a4', 'a5'])
  for (const { end } of runs) end()
  expect(await Promise.all(results)).toEqual(['a1!', 'a2!', 'a3!', 'a4!', 'a5!'])
  const later = write('a6')
  expect(runs[3]!.items).toEqual(['a6'])
  runs[3]!.end()
  expect(await later).toBe('a6!')
})

test('a blocked queue does not block others, and items of different groups never share a batch', async () => {
  const { runs, run } = createControlledRun()
  const write = batchInOneStore(run, options)
  for (const item of ['a1', 'A1', 'a2', 'b1', 'A2', 'b2', 'b3', 'a3', 'c1', 'd1', 'e1', 'f1', 'g1'])
    void write(item)
  expect(runs.map(({ items }) => items.join())).toEqual(['a1', 'A1', 'b1', 'b2', 'c1', 'd1', 'e1', 'f1'])
  runs[0]!.end()
  await settle()
  expect(runs.at(-1)!.items.join()).toBe('a2,a3')
})

test('an item that waits longer than queueTimeout fails as unavailable and never runs', async () => {
  const { runs, run } = createControlledRun()
  const write = batchInOneStore(run, { ...options, queueTimeout: 1 })
  const results = ['a1', 'a2', 'a3'].map(write)
  await expect(results[2]).rejects.toSatisfy(isUnavailable)
  for (const { end } of runs) end()
  expect(await Promise.all(results.slice(0, 2))).toEqual(['a1!', 'a2!'])
  expect(runs).toHaveLength(2)
})

test('a batch has at most maxBatch items', async () => {
  const { runs, run } = createControlledRun()
  const write = batchInOneStore(run, options)
  for (let index = 0; index < 252; index++) void write(`a${index % 10}`)
  runs[0]!.end()
  await settle()
  runs[1]!.end()
  await settle()
  expect(runs.map(({ items }) => items.length)).toEqual([1, 1, 100, 100])
})

test('a batch that was rolled back is divided, and only the invalid item fails', async () => {
  const seen: string[] = []
  const write = batchInOneStore(async (_: object, items: readonly string[]) => {
    await settle()
    seen.push(items.join())
    if (items.includes('a4')) throw new Error('undone')
    return items.map((item) => `${item}!`)
  }, options)
  const results = await Promise.allSettled(['a1', 'a2', 'a3', 'a4', 'a5'].map(write))
  expect(results.map((each) => each.status)).toEqual([
    'fulfilled',
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
  ])
  expect(seen).toEqual(['a1', 'a2', 'a3,a4,a5', 'a3', 'a4,a5', 'a4', 'a5'])
})

test.each([
  ['54000', true],
  ['23505', true],
  ['22P05', true],
  ['40P01', true],
  ['57014', false],
  ['57P01', false],
  ['08006', false],
  ['53300', false],
  ['ECONNRESET', false],
  [undefined, false],
])('an error with code %s guarantees a rollback: %s', (code, isCertain) => {
  expect(isRolledBack(Object.assign(new Error(), { code }))).toBe(isCertain)
})

test('items with the same exclusive key never share a batch', async () => {
  const { runs, run } = createControlledRun()
  const write = batchInOneStore(run, options)
  for (const item of ['a1', 'a2', 'a3same', 'a4', 'a5same', 'a6']) void write(item)
  runs[0]!.end()
  await settle()
  expect(runs.at(-1)!.items).toEqual(['a3same', 'a4', 'a6'])
  runs[1]!.end()
  await settle()
  expect(runs.at(-1)!.items).toEqual(['a5same'])
})

test('a batch that may have been committed is never retried', async () => {
  const seen: string[] = []
  const write = batchInOneStore(async (_: object, items: readonly string[]) => {
    await settle()
    seen.push(items.join())
    if (items.length > 1) throw new Error('the connection is gone')
    return items
  }, options)
  const results = await Promise.allSettled(['a1', 'a2', 'a3', 'a4'].map(write))
  expect(results.map((each) => each.status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected'])
  expect(seen).toEqual(['a1', 'a2', 'a3,a4'])
})

test('slow batches let waiting items start, up to a limit', async () => {
  vi.useFakeTimers()
  try {
    const { runs, run } = createControlledRun()
    const write = batchInOneStore(run, options)
    for (const item of ['a1', 'a2', 'a3', 'a4', 'a5']) void write(item)
    expect(runs.map(({ items }) => items.join())).toEqual(['a1', 'a2'])
    await vi.advanceTimersByTimeAsync(1100)
    // Two items are slow, so all waiting items run as one batch.
    expect(runs.map(({ items }) => items.join())).toEqual(['a1', 'a2', 'a3,a4,a5'])
    for (const item of ['a6', 'a7']) void write(item)
    await vi.advanceTimersByTimeAsync(5000)
    expect(runs.map(({ items }) => items.join())).toEqual(['a1', 'a2', 'a3,a4,a5', 'a6'])
    runs[0]!.end()
    await vi.advanceTimersByTimeAsync(0)
    expect(runs).toHaveLength(4)
    runs[3]!.end()
    await vi.advanceTimersByTimeAsync(0)
    expect(runs.at(-1)!.items).toEqual(['a7'])
  } finally {
    vi.useRealTimers()
  }
})
