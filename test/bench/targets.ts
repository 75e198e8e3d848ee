import { type Case, type Format, formatRequests, GEOJSON_CASE } from './cases.js'
import type { Job } from './load-generator.js'
import { CONCURRENCIES } from './options.js'
import { type BenchContext, type Round, runRound, warmUp } from './rounds.js'
import type { Server } from './servers.js'

/** One thing that is measured in a case: a server with a format, or pgbench. */
export interface Target {
  /** Unique in the case, for example `georeport json`. */
  name: string
  /** Warms up and prepares the rounds. */
  start(): Promise<{
    /** Maximum number of rounds. */
    rounds: number
    run(): Promise<Round>
  }>
}

/** Cases measured with two server processes, and the number of warm-up requests. */
const TWO_PROCESS_CASES: Readonly<Record<string, number>> = { 'latest 50': 20_000, [GEOJSON_CASE.name]: 1500 }

/** Targets that run `select 1`, and their paths in upper-bound.ts. */
export const SELECT_ONE_PATHS = { 'select 1': '/stack', 'select 1 on pg': '/select1' }

/** Lists the targets of a case, in the order of their turns. */
export async function listTargets(
  bench: BenchContext,
  testCase: Case,
  concurrency: number,
): Promise<Target[]> {
  const { georeport, baseline, upperBound, smallCity, twoProcesses, pgbench, options } = bench
  const makeTarget = (name: string, server: Server, requests: string[], status = 200): Target => ({
    name,
    start: async () => {
      const job: Job = { port: server.port, requests, status, concurrency, count: 0 }
      const { count, requestsPerSecond } = await warmUp(bench.loadGenerator, job, options.seconds)
      const isSlow = count / requestsPerSecond > 4 * options.seconds
      return { rounds: isSlow ? 1 : options.rounds, run: () => runRound(bench, server, { ...job, count }) }
    },
  })
  const targets: Target[] = []
  for (const format of testCase.formats) {
    const requests = formatRequests(testCase, format, 'georeport')
    targets.push(makeTarget(`georeport ${format}`, georeport, requests, testCase.status))
    if (testCase.isInBaseline)
      targets.push(makeTarget(`baseline ${format}`, baseline, formatRequests(testCase, format, 'baseline')))
    if (testCase.kind !== 'post') {
      const size = await getBodySize(georeport, testCase, format)
      targets.push(makeTarget(`raw buffer ${format}`, upperBound, [formatGet(`/buffer/${size}`)]))
    }
  }
  if (testCase.kind === 'one') {
    for (const [name, path] of Object.entries(SELECT_ONE_PATHS))
      targets.push(makeTarget(name, upperBound, [formatGet(path)]))
  }
  if (smallCity && testCase.isCityIndependent && (await hasSimilarSize(georeport, smallCity, testCase)))
    targets.push(makeTarget('small json', smallCity, formatRequests(testCase, 'json', 'georeport')))
  const warmUpCount = TWO_PROCESS_CASES[testCase.name]
  if (warmUpCount && concurrency > 1) {
    const requests = formatRequests(testCase, testCase.formats[0]!, 'georeport')
    const target = makeTarget('two processes', twoProcesses, requests)
    targets.push({
      ...target,
      start: async () => {
        // These processes have been idle for minutes and need a longer warm-up.
        const { port } = twoProcesses
        await bench.loadGenerator.run({ port, requests, status: 200, concurrency, count: warmUpCount })
        return target.start()
      },
    })
  }
  if (testCase.kind === 'post') {
    const requests = formatRequests(testCase, 'json', 'georeport')
    targets.push(withoutEvents(bench, makeTarget('without events', georeport, requests)))
  }
  // With one connection pgbench would measure the disk only.
  if (pgbench && testCase.kind === 'post' && concurrency === CONCURRENCIES[1]) {
    const run = async (): Promise<Round> => ({
      requestsPerSecond: await pgbench.run(concurrency, options.pgbenchSeconds),
      bytesPerSecond: null,
      medianMs: null,
      p99Ms: null,
      cpu: null,
      busyProcessors: null,
    })
    targets.push({ name: 'pgbench', start: async () => ({ rounds: options.rounds, run }) })
  }
  return targets
}

/** Disables the event trigger during the rounds of a target: the difference is the cost of events. */
function withoutEvents({ admin }: BenchContext, target: Target): Target {
  const setTrigger = (state: 'disable' | 'enable') =>
    admin.query(`alter table service_request ${state} trigger record_created`)
  return {
    name: target.name,
    start: async () => {
      const { rounds, run } = await target.start()
      return {
        rounds,
        run: async () => {
          await setTrigger('disable')
          return run().finally(() => setTrigger('enable'))
        },
      }
    },
  }
}

/** Formats a GET request as raw HTTP/1.1. */
export function formatGet(path: string): string {
  return `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`
}

/**
 * Whether both cities return bodies of about the same size; otherwise their CPU times are not comparable.
 */
async function hasSimilarSize(one: Server, other: Server, testCase: Case): Promise<boolean> {
  const sizes = [
    await getBodySize(one, testCase, 'json'),
    await getBodySize(other, testCase, 'json'),
  ] as const
  return Math.abs(sizes[0] - sizes[1]) <= 0.2 * Math.max(...sizes)
}

/** Returns the body size in bytes, without conditional headers. */
async function getBodySize(server: Server, testCase: Case, format: Format): Promise<number> {
  const [, path] = formatRequests(testCase, format, 'georeport')[0]!.split(' ')
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`)
  return (await response.arrayBuffer()).byteLength
}
