import { createQueueTimeout } from './errors.js'

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
  /** Items that are done together, at most. Absent: any number. */
  most?: number
  /** Calls of `run` at once in all lanes. Absent: any number. */
  atOnce?: number
  /** Milliseconds that an item waits for its turn at most. Absent: as long as it takes. */
  patience?: number
}

/** Calls of `run` at once in one lane: while one is answered the next is sent. */
const AT_ONCE_IN_LANE = 2
/** As many more may be slow: a connection that has died, or a lock, does not hold up all who come after. */
const SLOW_IN_LANE = 2
/** Milliseconds. */
const SLOW = 1000

interface Waiting<Item, Result> {
  item: Item
  group: string
  /** The lower, the earlier it came. */
  number: number
  done(result: Result): void
  fail(error: unknown): void
  /** Ends the wait. */
  tired?: NodeJS.Timeout
}

interface Lane<Item, Result> {
  name: string
  waiting: Set<Waiting<Item, Result>>
  quick: number
  slow: number
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
    laneOf,
    claimsOf,
    mayBeDivided = () => false,
    most = Number.POSITIVE_INFINITY,
    atOnce = Number.POSITIVE_INFINITY,
    patience,
  }: Gathering<Item>,
): (item: Item) => Promise<Result> {
  type Own = Waiting<Item, Result>
  const lanes = new Map<string, Lane<Item, Result>>()
  /** Lanes in which somebody waits though there is a place: all places of all lanes are taken. */
  const ready = new Set<Lane<Item, Result>>()
  let runs = 0
  let came = 0

  function laneNamed(name: string): Lane<Item, Result> {
    let lane = lanes.get(name)
    if (!lane) {
      lane = { name, waiting: new Set(), quick: 0, slow: 0 }
      lanes.set(name, lane)
    }
    return lane
  }

  /** Something has changed in a lane: whoever can begin begins, the earliest first. */
  function start(changed: Lane<Item, Result>): void {
    note(changed)
    while (runs < atOnce && ready.size > 0) {
      const lane = earliestOf(ready)
      begin(lane, together(lane.waiting))
      note(lane)
    }
  }

  function note(lane: Lane<Item, Result>): void {
    if (lane.waiting.size > 0 && lane.quick < AT_ONCE_IN_LANE) ready.add(lane)
    else ready.delete(lane)
    if (lane.waiting.size + lane.quick + lane.slow === 0) lanes.delete(lane.name)
  }

  function begin(lane: Lane<Item, Result>, taken: readonly Own[]): void {
    for (const each of taken) {
      lane.waiting.delete(each)
      clearTimeout(each.tired)
    }
    let pace: 'quick' | 'slow' = 'quick'
    lane[pace]++
    runs++
    const slow = setTimeout(() => {
      if (lane.slow === SLOW_IN_LANE) return
      lane[pace]--
      pace = 'slow'
      lane[pace]++
      start(lane)
    }, SLOW).unref()
    void runAll(taken).finally(() => {
      clearTimeout(slow)
      lane[pace]--
      runs--
      start(lane)
    })
  }

  /** The first of them with those of its group, and no two that claim the same. */
  function together(waiting: ReadonlySet<Own>): Own[] {
    const claimed = new Set<string>()
    const taken: Own[] = []
    for (const each of waiting) {
      if (taken.length > 0 && each.group !== taken[0]!.group) continue
      const claims = claimsOf?.(each.item) ?? []
      if (claims.some((claim) => claimed.has(claim))) continue
      for (const claim of claims) claimed.add(claim)
      if (taken.push(each) >= most) break
    }
    return taken
  }

  async function runAll(taken: readonly Own[]): Promise<void> {
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
      const lane = laneNamed((laneOf ?? groupOf)(item))
      // Of a group that is a lane, the name is kept once, however many wait: it may be long.
      const own: Own = { item, group: laneOf ? groupOf(item) : lane.name, number: came++, done, fail }
      lane.waiting.add(own)
      start(lane)
      if (patience === undefined || !lane.waiting.has(own)) return
      own.tired = setTimeout(() => {
        lane.waiting.delete(own)
        note(lane)
        fail(createQueueTimeout())
      }, patience).unref()
    })
}

function earliestOf<Item, Result>(lanes: ReadonlySet<Lane<Item, Result>>): Lane<Item, Result> {
  const first = ({ waiting }: Lane<Item, Result>) => waiting.values().next().value!.number
  return [...lanes].reduce((a, b) => (first(b) < first(a) ? b : a))
}
