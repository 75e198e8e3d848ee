import pg from 'pg'
import { buildCases, type Case } from './cases.js'
import { type CityDatabase, prepareCity, removeBenchData, runCommand } from './city-database.js'
import { canReadDatabaseCpu } from './cpu.js'
import { type BenchOptions, findPgbench, log, parseOptions } from './options.js'
import { startPgbench } from './pgbench.js'
import { comparePlans } from './plans.js'
import { writeReport } from './report.js'
import { Results } from './results.js'
import { type BenchContext, type Measurement, measureCase, warmUpServers } from './rounds.js'
import { findSampleValues } from './sample-values.js'
import { type Server, startGeoreport, startLoadGenerator, startReferenceServer } from './servers.js'

/**
 * Measures georeport relative to a hand-written server and to upper bounds, side by side in one run. Only
 * ratios are comparable between machines. Usage: `npm run bench -- --help`.
 */
const SMALL_CITY_ROWS = 100_000

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

/** Run in reverse order at the end. */
const cleanups: (() => Promise<unknown>)[] = []

function stopAtEnd<T extends { stop(): Promise<unknown> }>(started: T): T {
  cleanups.unshift(() => started.stop())
  return started
}

const options = parseOptions(process.argv.slice(2))
if (options) await run(options)

async function run(options: BenchOptions): Promise<void> {
  try {
    const city = await prepareCity(options.serverUrl, options.rows)
    const key = await runCommand(city, 'keys', 'create', '--name', 'benchmark')
    cleanups.unshift(() => removeBenchData(city))
    const georeport = stopAtEnd(await startGeoreport(city))
    const allCases = await buildCases(georeport, await findSampleValues(city), key)
    const cases = allCases.filter(({ name }) => new RegExp(options.only).test(name))
    await (options.plans ? checkPlans(city, cases) : measureAll(options, city, georeport, cases, allCases))
  } finally {
    for (const cleanUp of cleanups) await cleanUp().catch((error) => log(String(error)))
  }
}

async function checkPlans(city: CityDatabase, cases: readonly Case[]): Promise<void> {
  const differences = await comparePlans(city, cases)
  process.stdout.write(`${differences.join('\n') || 'All plans match plans.txt.'}\n`)
  if (differences.length > 0) process.exitCode = 1
}

async function measureAll(
  options: BenchOptions,
  city: CityDatabase,
  georeport: Server,
  cases: readonly Case[],
  allCases: readonly Case[],
): Promise<void> {
  const smallCity =
    options.rows > SMALL_CITY_ROWS ? await prepareCity(options.serverUrl, SMALL_CITY_ROWS) : null
  const admin = new pg.Client(city.url)
  await admin.connect()
  cleanups.unshift(() => admin.end())
  const pgbench = findPgbench()
  if (!pgbench) log('pgbench not found: POST has no upper bound')
  const bench: BenchContext = {
    options,
    admin,
    georeport,
    hasCpuTimes: await canReadDatabaseCpu(admin),
    loadGenerator: stopAtEnd(startLoadGenerator()),
    baseline: stopAtEnd(await startReferenceServer('baseline', city)),
    upperBound: stopAtEnd(await startReferenceServer('upper-bound', city)),
    smallCity: smallCity ? stopAtEnd(await startGeoreport(smallCity)) : null,
    twoProcesses: stopAtEnd(await startGeoreport(city, 2)),
    pgbench: pgbench ? stopAtEnd(await startPgbench(pgbench, city)) : null,
  }
  if (!bench.hasCpuTimes) log('The database runs on another machine: no CPU times')

  const kinds = new Set(cases.map(({ kind }) => kind))
  await warmUpServers(
    bench,
    allCases.filter(({ kind }) => kinds.has(kind)),
  )
  const measurements: Measurement[] = []
  const started = performance.now()
  for (const [index, testCase] of cases.entries()) {
    const seconds = Math.round((performance.now() - started) / 1000)
    log(`case ${index + 1} of ${cases.length}, after ${seconds} s: ${testCase.name}`)
    measurements.push(...(await measureCase(bench, testCase)))
  }
  const { rows } = await admin.query<{ server_version: string }>('show server_version')
  await writeReport(new Results(measurements), {
    options,
    smallCityRows: smallCity?.rows ?? null,
    postgresVersion: rows[0]!.server_version,
  })
}
