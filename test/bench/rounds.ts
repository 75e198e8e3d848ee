import type pg from 'pg'
import { type Case, callsOf } from './cases.js'
import { type Cpu, cpuBetween, cpuTimes } from './cpu.js'
import type { Job } from './load.js'
import { entriesOf, plainGet, STACKS } from './participants.js'
import type { Pgbench } from './pgbench.js'
import type { Load, Server } from './servers.js'
import { CONCURRENCIES, type Setting } from './setting.js'

/** What one round of one participant gave. */
export interface Round {
  perSecond: number
  bytesPerSecond: number | null
  median: number | null
  p99: number | null
  /** CPU time a call. */
  cpu: Cpu | null
  /** Processors that were busy: with the server, the database and the load generator. */
  busy: number | null
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
  /** georeport in two processes. */
  twice: Server
  pgbench: Pgbench | null
}

/** Calls that make V8 compile what it will: a server that nobody asked before costs several times more, for seconds. */
const HEAT: Record<Case['kind'], number> = { catalog: 10_000, list: 10_000, one: 10_000, post: 10_000 }

/** Asks for the first case of each kind until every server that is measured has seen its like. */
export async function heat(track: Track, cases: readonly Case[]): Promise<void> {
  const { load, georeport, baseline, ceiling, small } = track
  const warm = async (server: Server, calls: string[], count: number) => {
    const job = { port: server.port, calls, status: 200 }
    await load.run({ ...job, concurrency: 32, count })
    // What comes alone may be done in another way.
    await load.run({ ...job, concurrency: 1, count: count / 5 })
  }
  for (const [kind, count] of Object.entries(HEAT)) {
    const each = cases.find((one) => one.kind === kind && one.isInBaseline)
    if (!each) continue
    const calls = callsOf(each, 'json', 'georeport')
    await warm(georeport, calls, count)
    await warm(baseline, callsOf(each, 'json', 'baseline'), count)
    if (kind === 'list' && small) await warm(small, calls, count)
    if (kind === 'one') for (const path of Object.values(STACKS)) await warm(ceiling, [plainGet(path)], count)
  }
}

/** Measures a case: at each concurrency, the participants take turns, round after round. */
export async function measure(track: Track, each: Case): Promise<Measured[]> {
  const measured: Measured[] = []
  for (const concurrency of CONCURRENCIES) {
    const { rounds, faults }: Pick<Measured, 'rounds' | 'faults'> = { rounds: {}, faults: {} }
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
    measured.push({ name: each.name, concurrency, rounds, faults })
  }
  return measured
}

const MOST_CALLS = 100_000
/** A call that takes longer, in milliseconds, is measured alone: many at once would only queue, for minutes. */
const TOO_SLOW = 100

/** Warms up, and gives the number of calls that take about so many seconds. */
export async function warmUp(
  load: Load,
  job: Job,
  seconds: number,
): Promise<{ count: number; perSecond: number }> {
  const { concurrency } = job
  const alone = await load.run({ ...job, concurrency: 1, count: 2 })
  if (concurrency > 1 && alone.median > TOO_SLOW)
    throw new Error(`one call alone takes ${Math.round(alone.median)} ms`)
  let { perSecond } = alone
  for (const share of [0.2, 0.2, 0.3]) {
    // It is warm enough.
    if (concurrency / perSecond > seconds) break
    const count = Math.round(perSecond * seconds * share)
    ;({ perSecond } = await load.run({ ...job, count: Math.min(MOST_CALLS, Math.max(concurrency, count)) }))
  }
  return { count: Math.min(MOST_CALLS, Math.max(concurrency, 3, Math.round(perSecond * seconds))), perSecond }
}

export async function roundOf({ load, admin, isCpuSeen }: Track, server: Server, job: Job): Promise<Round> {
  const before = isCpuSeen ? await cpuTimes(server, admin) : null
  const { ownCpu, ...done } = await load.run(job)
  const cpu = before ? cpuBetween(server, before, await cpuTimes(server, admin), job.count) : null
  const busy = cpu && ((cpu.server + cpu.database + ownCpu) * done.perSecond) / 1000
  return { ...done, cpu, busy }
}
