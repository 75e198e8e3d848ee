import type { Cpu } from './cpu.js'
import type { Measured, Round } from './rounds.js'
import { CONCURRENCIES } from './setting.js'

const CPU_PARTS: readonly (keyof Cpu)[] = ['server', 'database']

/** A ratio at each concurrency; null where it was not measured. */
export type Ratio = Readonly<Record<number, number | null>>

/** The worst ratio of several cases at each concurrency, and which cases these are. */
export interface Worst {
  ratio: Ratio
  at: string[]
}

/** All that was measured in a run, and ratios of it. */
export class Figures {
  constructor(readonly measured: readonly Measured[]) {}

  /** The names of the cases, in the order they were measured. */
  get cases(): string[] {
    return [...new Set(this.measured.map(({ name }) => name))]
  }

  has(name: string, participant: string): boolean {
    return this.roundsOf(name, CONCURRENCIES[0], participant) !== null
  }

  /** Calls a second of one participant relative to another of the same case: the median over the rounds. */
  speed(name: string, one: string, other: string): Ratio {
    return ratioAt((concurrency) => {
      const [a, b] = [this.roundsOf(name, concurrency, one), this.roundsOf(name, concurrency, other)]
      return a && b ? median(a.map((round, index) => round.perSecond / b[index % b.length]!.perSecond)) : null
    })
  }

  /** CPU time a call relative to another participant, or to the same one in another case; over all rounds. */
  cpu(name: string, one: string, other: string, otherName = name): Ratio {
    return ratioAt((concurrency) => {
      const a = this.cpuOf(name, concurrency, one)
      const b = this.cpuOf(otherName, concurrency, other)
      return a !== null && b !== null && b > 0 ? a / b : null
    })
  }

  /** Which share of the CPU time of a call is spent in the database. */
  databaseShare(name: string, participant: string): Ratio {
    return ratioAt((concurrency) => {
      const all = this.cpuOf(name, concurrency, participant)
      const database = this.cpuOf(name, concurrency, participant, ['database'])
      return all !== null && database !== null && all > 0 ? database / all : null
    })
  }

  /** How many processors are busy meanwhile. */
  busy(name: string, participant: string): Ratio {
    return ratioAt((concurrency) => {
      const found = this.roundsOf(name, concurrency, participant)?.map((round) => round.busy)
      return found?.every((busy) => busy !== null) ? median(found as number[]) : null
    })
  }

  /** The largest or the smallest of the ratios of several cases. */
  worst(names: readonly string[], which: 'largest' | 'smallest', of: (name: string) => Ratio): Worst {
    const sign = which === 'largest' ? -1 : 1
    const ratios = names.map((name) => ({ name, ratio: of(name) }))
    const first = (concurrency: number) =>
      ratios
        .flatMap(({ name, ratio }) => {
          const value = ratio[concurrency] ?? null
          return value === null ? [] : [{ name, value }]
        })
        .sort((a, b) => sign * (a.value - b.value))[0]
    const found = CONCURRENCIES.map(first)
    return {
      ratio: ratioAt((concurrency) => first(concurrency)?.value ?? null),
      at: found.flatMap((each) => (each ? [each.name] : [])),
    }
  }

  private cpuOf(name: string, concurrency: number, participant: string, of = CPU_PARTS): number | null {
    // A call that fails when it is alone is worse than the slowest.
    if (concurrency === 1 && this.find(name, concurrency)?.faults[participant])
      return Number.POSITIVE_INFINITY
    const rounds = this.roundsOf(name, concurrency, participant)
    if (!rounds || rounds.some((round) => round.cpu === null)) return null
    const sums = rounds.map((round) => of.reduce((sum, part) => sum + round.cpu![part], 0))
    return sums.reduce((sum, each) => sum + each, 0) / rounds.length
  }

  private roundsOf(name: string, concurrency: number, participant: string): Round[] | null {
    return this.find(name, concurrency)?.rounds[participant] ?? null
  }

  private find(name: string, concurrency: number): Measured | undefined {
    return this.measured.find((each) => each.name === name && each.concurrency === concurrency)
  }
}

function ratioAt(at: (concurrency: number) => number | null): Ratio {
  return Object.fromEntries(CONCURRENCIES.map((concurrency) => [concurrency, at(concurrency)]))
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
