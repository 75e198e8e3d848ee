/** Random numbers that repeat: the same text gives the same stream, on every machine and in every year. */

/** A stream of numbers, each 0 <= x < 1. */
export type Random = () => number

/** 32-bit FNV-1a (Fowler, Noll, Vo) over the UTF-16 units of a text. */
function hash(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h >>> 0
}

/** The stream of a text, by mulberry32 (Tommy Ettinger, public domain). */
export function createRandom(text: string): Random {
  let state = hash(text)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** True with the given chance (0 to 1). */
export function happens(random: Random, chance: number): boolean {
  return random() < chance
}

/** One item, all alike. The list has at least one. */
export function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[Math.floor(random() * items.length)]!
}

/** One item by weight. At least one weight is above zero. */
export function pickWeighted<Item>(
  random: Random,
  items: readonly Item[],
  weight: (item: Item) => number,
): Item {
  let left = random() * items.reduce((sum, item) => sum + weight(item), 0)
  for (const item of items) {
    left -= weight(item)
    if (left < 0) return item
  }
  return items.findLast((item) => weight(item) > 0)!
}

/** Standard normal, by Box and Muller. */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** A count with the given mean (Poisson, by Knuth's product; meant for means below 100). */
export function poisson(random: Random, mean: number): number {
  const limit = Math.exp(-mean)
  let count = 0
  for (let product = random(); product > limit; product *= random()) count++
  return count
}
