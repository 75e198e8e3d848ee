import { tooBusy } from './faults.js'

/** What is done one by one, or together for those that come at the same time. */
interface Gathering<Item> {
  /** Only items of the same group are done together. */
  groupOf(item: Item): string
  /** Items of a lane may have to wait for the same thing: a lane that is held up does not hold up the others. Absent: a group. */
  laneOf?(item: Item): string
  /** What only one of those that are done together may have. Absent: nothing. */
  claimsOf?(item: Item): readonly string[]
  /** Whether nothing was done, and each alone may still succeed. Absent: never. */
  mayBeDivided?(error: unknown): boolean
  /** Calls of `run` at once in all lanes. Absent: any number. */
  atOnce?: number
  /** Milliseconds that an item waits for its turn at most. */
  patience?: number
}

/** Items that are done together, at most. */
const MOST = 100
/** Calls of `run` at once in one lane: while one is answered the next is sent. */
const AT_ONCE_IN_LANE = 2
/** As long as for a connection. */
const PATIENCE = 10_000

const NONE: readonly string[] = []

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
 * more are done the more there are. It begins after all of them came, gives a result for each, in their order, and does all
 * of them or none. Who waits too long for a turn is told so, and is not done. Items for different stores never meet.
 */
export function gathered<Store extends object, Item, Result>(
  run: (store: Store, items: readonly Item[]) => Promise<readonly Result[]>,
  gathering: Gathering<Item>,
): (store: Store, item: Item) => Promise<Result> {
  const known = new WeakMap<Store, (item: Item) => Promise<Result>>()
  return (store, item) => {
    let go = known.get(store)
    if (!go) {
      go = gatheredIn((items) => run(store, items), gathering)
      known.set(store, go)
    }
    return go(item)
  }
}

function gatheredIn<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly Result[]>,
  {
    groupOf,
    laneOf = groupOf,
    claimsOf = () => NONE,
    mayBeDivided = () => false,
    atOnce = Number.POSITIVE_INFINITY,
    patience = PATIENCE,
  }: Gathering<Item>,
): (item: Item) => Promise<Result> {
  const waiting = new Set<Waiting<Item, Result>>()
  const running = new Map<string, number>()
  let runs = 0

  function start(): void {
    while (runs < atOnce) {
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
