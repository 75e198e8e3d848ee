import type pg from 'pg'
import { type Case, formatRequests } from './cases.js'
import { type Cpu, computeCpu, readCpuTimes } from './cpu.js'
import type { Job } from './load-generator.js'
import { type BenchOptions, CONCURRENCIES } from './options.js'
import type { Pgbench } from './pgbench.js'
import type { LoadGenerator, Server } from './servers.js'
import { formatGet, listTargets, SELECT_ONE_PATHS } from './targets.js'

/** Result of one round of one target. */
export interface Round {
  requestsPerSecond: number
  bytesPerSecond: number | null
  medianMs: number | null
  p99Ms: number | null
  /** CPU time per request. */
  cpu: Cpu | null
  /** Busy processors: server, database and load generator together. */
  busyProcessors: number | null
}

/** All rounds of a case at one concurrency. */
export interface Measurement {
  name: string
  concurrency: number
  /** By name of target. */
  rounds: Record<string, Round[]>
  /** Error message by name of target, for targets without a complete measurement. */
  errors: Record<string, string>
}

export interface BenchContext {
  options: BenchOptions
  loadGenerator: LoadGenerator
  admin: pg.Client
  hasCpuTimes: boolean
  georeport: Server
  baseline: Server
  upperBound: Server
  /** georeport on the small city. */
  smallCity: Server | null
  /** georeport with two processes. */
  twoProcesses: Server
  pgbench: Pgbench | null
}

/** Requests until V8 has optimised the code; before, a request is several times slower. */
const WARM_UP_REQUESTS: Record<Case['kind'], number> = {
  catalog: 10_000,
  list: 10_000,
  one: 10_000,
  post: 10_000,
}

/** Warms up every server with the first case of each kind. */
export async function warmUpServers(bench: BenchContext, cases: readonly Case[]): Promise<void> {
  const { loadGenerator, georeport, baseline, upperBound, smallCity } = bench
  const run = async ({ port }: Server, requests: string[], count: number) => {
    await loadGenerator.run({ port, requests, status: 200, concurrency: 32, count })
    // A single request may take another code path than concurrent ones.
    await loadGenerator.run({ port, requests, status: 200, concurrency: 1, count: count / 5 })
  }
  for (const [kind, count] of Object.entries(WARM_UP_REQUESTS)) {
    const testCase = cases.find((each) => each.kind === kind && each.isInBaseline)
    if (!testCase) continue
    const requests = formatRequests(testCase, 'json', 'georeport')
    await run(georeport, requests, count)
    await run(baseline, formatRequests(testCase, 'json', 'baseline'), count)
    if (kind === 'list' && smallCity) await run(smallCity, requests, count)
    if (kind === 'one')
      for (const path of Object.values(SELECT_ONE_PATHS)) await run(upperBound, [formatGet(path)], count)
  }
}

/** Measures a case: at each concurrency the targets take turns, one round each. */
export async function measureCase(bench: BenchContext, testCase: Case): Promise<Measurement[]> {
  const measurements: Measurement[] = []
  for (const concurrency of CONCURRENCIES) {
    const rounds: Measurement['rounds'] = {}
    const errors: Measurement['errors'] = {}
    const started = []
    for (const { name, start } of await listTargets(bench, testCase, concurrency)) {
      const target = await start().catch((error: Error) => {
        errors[name] = error.message
      })
      if (target) started.push({ name, ...target })
    }
    for (let round = 0; round < bench.options.rounds; round++) {
      for (const { name, run } of started.filter((target) => round < target.rounds)) {
        if (errors[name] !== undefined) continue
        const result = await run().catch((error: Error) => {
          errors[name] = error.message
          delete rounds[name]
        })
        if (result) rounds[name] = [...(rounds[name] ?? []), result]
      }
    }
    measurements.push({ name: testCase.name, concurrency, rounds, errors })
  }
  return measurements
}

const MAX_REQUESTS = 100_000
/** Slower requests are not measured concurrently: they would only queue, for minutes. */
const MAX_CONCURRENT_LATENCY_MS = 100

/** Warms up. Returns the number of requests that take about `seconds`, and the throughput. */
export async function warmUp(
  loadGenerator: LoadGenerator,
  job: Job,
  seconds: number,
): Promise<{ count: number; requestsPerSecond: number }> {
  const { concurrency } = job
  const toCount = (requests: number, min: number) =>
    Math.min(MAX_REQUESTS, Math.max(concurrency, min, Math.round(requests)))
  const sequential = await loadGenerator.run({ ...job, concurrency: 1, count: 2 })
  if (concurrency > 1 && sequential.medianMs > MAX_CONCURRENT_LATENCY_MS)
    throw new Error(`a single request takes ${Math.round(sequential.medianMs)} ms`)
  let { requestsPerSecond } = sequential
  for (const share of [0.2, 0.2, 0.3]) {
    // One request per connection already takes longer than a round.
    if (concurrency / requestsPerSecond > seconds) break
    const count = toCount(requestsPerSecond * seconds * share, 1)
    ;({ requestsPerSecond } = await loadGenerator.run({ ...job, count }))
  }
  return { count: toCount(requestsPerSecond * seconds, 3), requestsPerSecond }
}

export async function runRound(
  { loadGenerator, admin, hasCpuTimes }: BenchContext,
  server: Server,
  job: Job,
): Promise<Round> {
  const before = hasCpuTimes ? await readCpuTimes(server, admin) : null
  const { ownCpuMs, ...result } = await loadGenerator.run(job)
  const cpu = before ? computeCpu(server, before, await readCpuTimes(server, admin), job.count) : null
  const busyProcessors = cpu && ((cpu.serverMs + cpu.databaseMs + ownCpuMs) * result.requestsPerSecond) / 1000
  return { ...result, cpu, busyProcessors }
}
