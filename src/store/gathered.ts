import { tooBusy } from './faults.js'

/** What is done one by one, or together for those that come at the same time. */
interface Gathering<Item> {
  /** Only items of the same group are done together. */
  groupOf(item: Item): string
  /** What only one of those that are done together may have. */
  claimsOf(item: Item): readonly string[]
  /** Items of a lane may have to wait for the same thing: a lane that is held up does not hold up the others. */
  laneOf(item: Item): string
  /** Whether nothing was done, and each alone may still succeed. */
  mayBeDivided(error: unknown): boolean
  /** Milliseconds that an item waits for its turn at most. */
  patience: number
}

/** Items that are done together, at most. */
const MOST = 100
/** Calls of `run` at once, in one lane and in all. */
const AT_ONCE_IN_LANE = 2
const AT_ONCE = 8

interface Waiting<Item, Result> {
  item: Item
  group: string
  lane: string
  done(result: Result): void
  fail(error: unknown): void
  /** Ends the wait. */
  tired?: NodeJS.Timeout
}

/**
 * `run` for one item after the other: at once while little is to do; those that had to wait are then done together, so that
 * more are done the more there are. `run` gives a result for each, in their order, and does all of them or none. Who waits
 * too long for a turn is told so, and is not done.
 */
export function gathered<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly Result[]>,
  { groupOf, claimsOf, laneOf, mayBeDivided, patience }: Gathering<Item>,
): (item: Item) => Promise<Result> {
  const waiting = new Set<Waiting<Item, Result>>()
  const running = new Map<string, number>()
  let runs = 0

  function start(): void {
    while (runs < AT_ONCE) {
      const all = [...waiting]
      const next = all.find(({ lane }) => (running.get(lane) ?? 0) < AT_ONCE_IN_LANE)
      if (!next) return
      const taken = together(all.filter(({ group }) => group === next.group))
      for (const each of taken) {
        waiting.delete(each)
        clearTimeout(each.tired)
      }
      count(next.lane, 1)
      void runAll(taken).finally(() => {
        count(next.lane, -1)
        start()
      })
    }
  }

  /** The first of them, and no two that claim the same. */
  function together(all: readonly Waiting<Item, Result>[]): Waiting<Item, Result>[] {
    const claimed = new Set<string>()
    const taken: Waiting<Item, Result>[] = []
    for (const each of all) {
      const claims = claimsOf(each.item)
      if (claims.some((claim) => claimed.has(claim))) continue
      for (const claim of claims) claimed.add(claim)
      if (taken.push(each) === MOST) break
    }
    return taken
  }

  function count(lane: string, by: number): void {
    runs += by
    const inLane = (running.get(lane) ?? 0) + by
    if (inLane === 0) running.delete(lane)
    else running.set(lane, inLane)
  }

  async function runAll(taken: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await run(taken.map(({ item }) => item))
      for (const [index, { done }] of taken.entries()) done(results[index]!)
    } catch (error) {
      if (taken.length > 1 && mayBeDivided(error)) {
        const half = taken.length >> 1
        await runAll(taken.slice(0, half))
        await runAll(taken.slice(half))
      } else for (const { fail } of taken) fail(error)
    }
  }

  return (item) =>
    new Promise((done, fail) => {
      const own: Waiting<Item, Result> = { item, group: groupOf(item), lane: laneOf(item), done, fail }
      waiting.add(own)
      start()
      if (!waiting.has(own)) return
      own.tired = setTimeout(() => {
        waiting.delete(own)
        fail(tooBusy())
      }, patience).unref()
    })
}
