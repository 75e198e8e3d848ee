/** Deterministic pseudorandom numbers: equal seeds give equal streams. */

/** Returns the next number x of a stream, 0 <= x < 1. */
export type Random = () => number

/** 32-bit FNV-1a (Fowler, Noll, Vo) over the UTF-16 units of a text. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value >>> 0
}

/** Creates a stream with mulberry32 (Tommy Ettinger, public domain). */
export function createRandom(seed: string): Random {
  let state = hash(seed)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** Returns true with a probability of `chance`, from 0 to 1. */
export function happens(random: Random, chance: number): boolean {
  return random() < chance
}

/** Picks an item, uniformly. The list must not be empty. */
export function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[Math.floor(random() * items.length)]!
}

/** Picks an item by weight. At least one weight must be greater than 0. */
export function pickWeighted<Item>(
  random: Random,
  items: readonly Item[],
  weight: (item: Item) => number,
): Item {
  let remaining = random() * items.reduce((sum, item) => sum + weight(item), 0)
  for (const item of items) {
    remaining -= weight(item)
    if (remaining < 0) return item
  }
  return items.findLast((item) => weight(item) > 0)!
}

/** Standard normal distribution (Box–Muller transform). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** Poisson distribution (Knuth's algorithm, for means below 100). */
export function poisson(random: Random, mean: number): number {
  const limit = Math.exp(-mean)
  let count = 0
  for (let product = random(); product > limit; product *= random()) count++
  return count
}
