import pg from 'pg'
import { type Case, makeCases } from './cases.js'
import { seesDatabase } from './cpu.js'
import { type City, cleanUp, command, prepareCity } from './data.js'
import { Figures } from './figures.js'
import { startPgbench } from './pgbench.js'
import { findPlaces } from './places.js'
import { comparePlans } from './plans.js'
import { report } from './report.js'
import { heat, type Measured, measure, type Track } from './rounds.js'
import { type Server, startGeoreport, startLoad, startOwn } from './servers.js'
import { findPgbench, readSetting, tell } from './setting.js'

/**
 * Measures georeport against what it could reach at best, side by side on one machine in one run. Only ratios mean
 * anything: absolute figures are those of the machine.
 *
 *     npm run bench -- [--rows 1000000] [--quick] [--only REGEXP]
 *     npm run bench -- --rows 5000000 --plans      compares the plans of all lists with plans.txt
 */
const SMALL = 100_000

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

const setting = readSetting(process.argv.slice(2))
const ends: (() => Promise<unknown>)[] = []
/** Remembers how to end it; what is begun last ends first. */
function keep<T extends { stop(): Promise<unknown> }>(begun: T): T {
  ends.unshift(() => begun.stop())
  return begun
}

try {
  const city = await prepareCity(setting.server, setting.rows)
  const key = await command(city, 'keys', 'create', '--name', 'benchmark')
  ends.unshift(() => cleanUp(city))
  const georeport = keep(await startGeoreport(city))
  const all = await makeCases(georeport, await findPlaces(city), key)
  const cases = all.filter(({ name }) => new RegExp(setting.only).test(name))
  await (setting.plans ? tellPlans(city, cases) : measureAll(city, georeport, cases, all))
} finally {
  for (const end of ends) await end().catch((error) => tell(String(error)))
}

async function tellPlans(city: City, cases: readonly Case[]): Promise<void> {
  const differences = await comparePlans(city, cases)
  process.stdout.write(`${differences.join('\n') || 'The plans are those that are kept.'}\n`)
  if (differences.length > 0) process.exitCode = 1
}

async function measureAll(
  city: City,
  georeport: Server,
  cases: readonly Case[],
  all: readonly Case[],
): Promise<void> {
  const smallCity = setting.rows > SMALL ? await prepareCity(setting.server, SMALL) : null
  const admin = new pg.Client(city.url)
  await admin.connect()
  ends.unshift(() => admin.end())
  const pgbench = findPgbench()
  if (!pgbench) tell('pgbench was not found: no ceiling of POST')
  const track: Track = {
    setting,
    admin,
    georeport,
    isCpuSeen: await seesDatabase(admin),
    load: keep(startLoad()),
    baseline: keep(await startOwn('baseline', city)),
    ceiling: keep(await startOwn('ceiling', city)),
    small: smallCity ? keep(await startGeoreport(smallCity)) : null,
    twice: keep(await startGeoreport(city, 2)),
    pgbench: pgbench ? keep(await startPgbench(pgbench, city)) : null,
  }
  if (!track.isCpuSeen) tell('The database runs elsewhere: no CPU times')

  const kinds = new Set(cases.map(({ kind }) => kind))
  await heat(
    track,
    all.filter(({ kind }) => kinds.has(kind)),
  )
  const measured: Measured[] = []
  const started = performance.now()
  for (const [number, each] of cases.entries()) {
    const seconds = Math.round((performance.now() - started) / 1000)
    tell(`${number + 1} of ${cases.length}, after ${seconds} s: ${each.name}`)
    measured.push(...(await measure(track, each)))
  }
  const { rows } = await admin.query<{ server_version: string }>('show server_version')
  const about = { setting, small: smallCity?.rows ?? null, postgres: rows[0]!.server_version }
  await report(new Figures(measured), about)
}
