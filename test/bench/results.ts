import type { Cpu } from './cpu.js'
import { CONCURRENCIES } from './options.js'
import type { Measurement, Round } from './rounds.js'

const CPU_PARTS: readonly (keyof Cpu)[] = ['serverMs', 'databaseMs']

/** A ratio by concurrency; null: not measured. */
export type Ratio = Readonly<Record<number, number | null>>

/** The worst ratio of several cases by concurrency, and the names of these cases. */
export interface Worst {
  ratio: Ratio
  cases: string[]
}

/** All measurements of a run, and ratios computed from them. */
export class Results {
  constructor(readonly measurements: readonly Measurement[]) {}

  /** Names of the cases, in order of measurement. */
  get cases(): string[] {
    return [...new Set(this.measurements.map(({ name }) => name))]
  }

  has(name: string, target: string): boolean {
    return this.findRounds(name, CONCURRENCIES[0], target) !== null
  }

  /** Throughput of a target relative to another target in the same case: median over the rounds. */
  throughputRatio(name: string, target: string, otherTarget: string): Ratio {
    return forEachConcurrency((concurrency) => {
      const rounds = this.findRounds(name, concurrency, target)
      const otherRounds = this.findRounds(name, concurrency, otherTarget)
      if (!rounds || !otherRounds) return null
      return median(
        rounds.map(
          (round, index) =>
            round.requestsPerSecond / otherRounds[index % otherRounds.length]!.requestsPerSecond,
        ),
      )
    })
  }

  /**
   * CPU time per request of a target relative to another target, or to another case: mean over the
   * rounds.
   */
  cpuRatio(name: string, target: string, otherTarget: string, otherName = name): Ratio {
    return forEachConcurrency((concurrency) => {
      const cpu = this.cpuPerRequest(name, concurrency, target)
      const otherCpu = this.cpuPerRequest(otherName, concurrency, otherTarget)
      return cpu !== null && otherCpu !== null && otherCpu > 0 ? cpu / otherCpu : null
    })
  }

  /** Share of the database in the CPU time per request. */
  databaseShare(name: string, target: string): Ratio {
    return forEachConcurrency((concurrency) => {
      const total = this.cpuPerRequest(name, concurrency, target)
      const database = this.cpuPerRequest(name, concurrency, target, ['databaseMs'])
      return total !== null && database !== null && total > 0 ? database / total : null
    })
  }

  /** Number of busy processors: server, database and load generator. */
  busyProcessors(name: string, target: string): Ratio {
    return forEachConcurrency((concurrency) => {
      const values = this.findRounds(name, concurrency, target)?.map((round) => round.busyProcessors)
      return values?.every((value) => value !== null) ? median(values as number[]) : null
    })
  }

  /** Returns the largest or the smallest ratio of several cases. */
  worst(names: readonly string[], extreme: 'largest' | 'smallest', compute: (name: string) => Ratio): Worst {
    const sign = extreme === 'largest' ? -1 : 1
    const ratios = names.map((name) => ({ name, ratio: compute(name) }))
    const find = (concurrency: number) =>
      ratios
        .flatMap(({ name, ratio }) => {
          const value = ratio[concurrency] ?? null
          return value === null ? [] : [{ name, value }]
        })
        .sort((a, b) => sign * (a.value - b.value))[0]
    return {
      ratio: forEachConcurrency((concurrency) => find(concurrency)?.value ?? null),
      cases: CONCURRENCIES.flatMap((concurrency) => find(concurrency)?.name ?? []),
    }
  }

  /**
   * Mean CPU time per request in milliseconds; infinite if sequential requests fail; null: not measured.
   */
  private cpuPerRequest(name: string, concurrency: number, target: string, parts = CPU_PARTS): number | null {
    if (concurrency === 1 && this.find(name, concurrency)?.errors[target]) return Number.POSITIVE_INFINITY
    const rounds = this.findRounds(name, concurrency, target)
    if (!rounds || rounds.some((round) => round.cpu === null)) return null
    const totals = rounds.map((round) => parts.reduce((sum, part) => sum + round.cpu![part], 0))
    return totals.reduce((sum, each) => sum + each, 0) / rounds.length
  }

  private findRounds(name: string, concurrency: number, target: string): Round[] | null {
    return this.find(name, concurrency)?.rounds[target] ?? null
  }

  private find(name: string, concurrency: number): Measurement | undefined {
    return this.measurements.find((each) => each.name === name && each.concurrency === concurrency)
  }
}

function forEachConcurrency(compute: (concurrency: number) => number | null): Ratio {
  return Object.fromEntries(CONCURRENCIES.map((concurrency) => [concurrency, compute(concurrency)]))
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
