import type pg from 'pg'
import type { Case } from './cases.js'
import { type Cpu, cpuBetween, cpuTimes } from './cpu.js'
import type { Job } from './load.js'
import { entriesOf } from './participants.js'
import type { Pgbench } from './pgbench.js'
import type { Load, Server } from './servers.js'
import { CONCURRENCIES, type Setting } from './setting.js'
import type { Statement } from './statements.js'

/** What one round of one participant gave. */
export interface Round {
  perSecond: number
  bytesPerSecond: number | null
  median: number | null
  p99: number | null
  /** CPU time a call. */
  cpu: Cpu | null
}

/** All rounds of a case at one concurrency, by participant, such as `georeport json`. */
export interface Measured {
  name: string
  concurrency: number
  rounds: Record<string, Round[]>
  /** Why a participant was not measured to the end. */
  faults: Record<string, string>
}

/** Everything a round needs. */
export interface Track {
  setting: Setting
  load: Load
  admin: pg.Client
  isCpuSeen: boolean
  georeport: Server
  baseline: Server
  ceiling: Server
  /** georeport on a city of another size. */
  small: Server | null
  pgbench: Pgbench | null
  statements: ReadonlyMap<string, Statement[]>
}

/** Measures a case: at each concurrency, the participants take turns, round after round. */
export async function measure(track: Track, each: Case): Promise<Measured[]> {
  const measured: Measured[] = []
  for (const concurrency of CONCURRENCIES) {
    const { rounds, faults, name } = { name: each.name, rounds: {}, faults: {} } as Measured
    const participants = []
    for (const { name, begin } of await entriesOf(track, each, concurrency)) {
      const begun = await begin().catch((error: Error) => {
        faults[name] = error.message
      })
      if (begun) participants.push({ name, ...begun })
    }
    for (let round = 0; round < track.setting.rounds; round++) {
      for (const { name, run } of participants.filter((participant) => round < participant.rounds)) {
        if (faults[name] !== undefined) continue
        const done = await run().catch((error: Error) => {
          faults[name] = error.message
          delete rounds[name]
        })
        if (done) rounds[name] = [...(rounds[name] ?? []), done]
      }
    }
    measured.push({ name, concurrency, rounds, faults })
  }
  return measured
}

const MOST_CALLS = 100_000
/** A call that takes longer, in milliseconds, is not made by many at once. */
const TOO_SLOW = 3000

/** Warms up, and gives the number of calls that take about so many seconds. */
export async function warmUp(
  load: Load,
  job: Job,
  seconds: number,
): Promise<{ count: number; perSecond: number }> {
  const { concurrency } = job
  const alone = await load.run({ ...job, concurrency: 1, count: 2 })
  if (alone.median > TOO_SLOW) throw new Error(`one call takes ${Math.round(alone.median)} ms`)
  let { perSecond } = alone
  for (const share of [0.2, 0.2, 0.3]) {
    const count = Math.round(perSecond * seconds * share)
    ;({ perSecond } = await load.run({ ...job, count: Math.min(MOST_CALLS, Math.max(concurrency, count)) }))
    // It is warm enough.
    if (concurrency / perSecond > seconds) break
  }
  return { count: Math.min(MOST_CALLS, Math.max(concurrency, 3, Math.round(perSecond * seconds))), perSecond }
}

export async function roundOf({ load, admin, isCpuSeen }: Track, server: Server, job: Job): Promise<Round> {
  const before = isCpuSeen ? await cpuTimes(server, admin) : null
  const done = await load.run(job)
  const cpu = before ? cpuBetween(server, before, await cpuTimes(server, admin), job.count) : null
  return { ...done, cpu }
}
