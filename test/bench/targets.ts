import { type Case, callsOf, type Format, ON_MAPS } from './cases.js'
import type { Job } from './load.js'
import { type Round, roundOf, type Track, warmUp } from './rounds.js'
import type { Server } from './servers.js'
import { CONCURRENCIES } from './setting.js'

/** Somebody who takes part in the rounds of a case, once warm. */
export interface Entry {
  name: string
  begin(): Promise<{
    /** How often it takes its turn. */
    rounds: number
    run(): Promise<Round>
  }>
}

/** Cases that two processes are asked for, and calls until they are warm. */
const SPLIT: Readonly<Record<string, number>> = { 'latest 50': 20_000, [ON_MAPS.name]: 1500 }

/** What `select 1` is sent through. */
export const STACKS = { 'select 1': '/stack', 'select 1 on pg': '/select1' }

/** Who is measured in a case, in the order of their turns. */
export async function entriesOf(track: Track, each: Case, concurrency: number): Promise<Entry[]> {
  const { georeport, baseline, ceiling, small, twice, pgbench, setting } = track
  const take = (name: string, server: Server, calls: string[], status = 200): Entry => ({
    name,
    begin: async () => {
      const job: Job = { port: server.port, calls, status, concurrency, count: 0 }
      const { count, perSecond } = await warmUp(track.load, job, setting.seconds)
      const isSlow = count / perSecond > 4 * setting.seconds
      return { rounds: isSlow ? 1 : setting.rounds, run: () => roundOf(track, server, { ...job, count }) }
    },
  })
  const found: Entry[] = []
  for (const format of each.formats) {
    found.push(take(`georeport ${format}`, georeport, callsOf(each, format, 'georeport'), each.status))
    if (each.isInBaseline) found.push(take(`baseline ${format}`, baseline, callsOf(each, format, 'baseline')))
    if (each.kind !== 'post') {
      const size = await sizeOf(georeport, each, format)
      found.push(take(`ceiling ${format}`, ceiling, [plainGet(`/buffer/${size}`)]))
    }
  }
  if (each.kind === 'one') {
    for (const [name, path] of Object.entries(STACKS)) found.push(take(name, ceiling, [plainGet(path)]))
  }
  if (small && each.isForAnyCity && (await isAlike(georeport, small, each)))
    found.push(take('small json', small, callsOf(each, 'json', 'georeport')))
  const heat = SPLIT[each.name]
  if (heat && concurrency > 1) {
    const calls = callsOf(each, each.formats[0]!, 'georeport')
    const split = take('two processes', twice, calls)
    found.push({
      ...split,
      begin: async () => {
        // Nobody asked them for minutes: what they know was put aside.
        await track.load.run({ port: twice.port, calls, status: 200, concurrency, count: heat })
        return split.begin()
      },
    })
  }
  if (each.kind === 'post') found.push(withoutEvents(track, take, callsOf(each, 'json', 'georeport')))
  // Alone it would measure the disk, and nothing of the server.
  if (pgbench && each.kind === 'post' && concurrency === CONCURRENCIES[1]) {
    const nothing = { bytesPerSecond: null, median: null, p99: null, cpu: null, busy: null }
    const run = async () => ({
      ...nothing,
      perSecond: await pgbench.run(concurrency, setting.pgbenchSeconds),
    })
    found.push({ name: 'pgbench', begin: async () => ({ rounds: setting.rounds, run }) })
  }
  return found
}

/** The same server while the database records no events: what is missing is their cost. */
function withoutEvents(
  { admin, georeport }: Track,
  take: (name: string, server: Server, calls: string[]) => Entry,
  calls: string[],
): Entry {
  const plain = take('without events', georeport, calls)
  const turn = (how: 'disable' | 'enable') =>
    admin.query(`alter table service_request ${how} trigger record_created`)
  return {
    name: plain.name,
    begin: async () => {
      const { rounds, run } = await plain.begin()
      return {
        rounds,
        run: async () => {
          await turn('disable')
          return run().finally(() => turn('enable'))
        },
      }
    },
  }
}

/** A call of the ceiling. */
export function plainGet(path: string): string {
  return `GET ${path} HTTP/1.1\r\nhost: localhost\r\n\r\n`
}

/** Whether a case gives about as much in both cities: only then do their costs compare. */
async function isAlike(one: Server, other: Server, each: Case): Promise<boolean> {
  const [a, b] = [await sizeOf(one, each, 'json'), await sizeOf(other, each, 'json')]
  return Math.abs(a - b) <= 0.2 * Math.max(a, b)
}

/** Bytes of the body that georeport gives; of 304, which has none, those it spares. */
async function sizeOf(server: Server, each: Case, format: Format): Promise<number> {
  const [, path] = callsOf(each, format, 'georeport')[0]!.split(' ')
  const answer = await fetch(`http://127.0.0.1:${server.port}${path}`)
  return (await answer.arrayBuffer()).byteLength
}
