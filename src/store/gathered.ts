/** What is done one by one, or together for those that come at the same time. */
interface Gathering<Item> {
  /** Only items of the same group are done together. */
  groupOf(item: Item): string
  /** Whether nothing was done, and each alone may still succeed. */
  mayBeDivided(error: unknown): boolean
}

/** Items that are done together, at most. */
const MOST = 100
/** Calls of `run` at once, of one group and of all: one group that is held up does not hold up the others. */
const AT_ONCE_OF_GROUP = 2
const AT_ONCE = 6

interface Waiting<Item, Result> {
  item: Item
  group: string
  done(result: Result): void
  fail(error: unknown): void
}

/**
 * `run` for one item after the other: at once while little is to do; those that had to wait are then done together, so that
 * more are done the more there are. `run` gives a result for each, in their order, and does all of them or none.
 */
export function gathered<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly Result[]>,
  { groupOf, mayBeDivided }: Gathering<Item>,
): (item: Item) => Promise<Result> {
  const waiting: Waiting<Item, Result>[] = []
  const running = new Map<string, number>()
  let runs = 0

  function start(): void {
    while (runs < AT_ONCE) {
      const next = waiting.find(({ group }) => (running.get(group) ?? 0) < AT_ONCE_OF_GROUP)
      if (!next) return
      const { group } = next
      const taken = waiting.filter((each) => each.group === group).slice(0, MOST)
      for (const each of taken) waiting.splice(waiting.indexOf(each), 1)
      count(group, 1)
      void runAll(taken).finally(() => {
        count(group, -1)
        start()
      })
    }
  }

  function count(group: string, by: number): void {
    runs += by
    const of = (running.get(group) ?? 0) + by
    if (of === 0) running.delete(group)
    else running.set(group, of)
  }

  async function runAll(taken: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await run(taken.map(({ item }) => item))
      taken.forEach(({ done }, index) => done(results[index]!))
    } catch (error) {
      if (taken.length > 1 && mayBeDivided(error)) for (const each of taken) await runAll([each])
      else for (const { fail } of taken) fail(error)
    }
  }

  return (item) =>
    new Promise((done, fail) => {
      waiting.push({ item, group: groupOf(item), done, fail })
      start()
    })
}
