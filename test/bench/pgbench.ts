import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { INSERT } from './baseline-sql.js'
import type { CityDatabase } from './city-database.js'
import { JURISDICTION } from './options.js'

/** Runs the insert of the case POST with pgbench, without a server: the upper bound of the database. */
export interface Pgbench {
  /** Returns transactions per second, without the first second. */
  run(concurrency: number, seconds: number): Promise<number>
  stop(): Promise<void>
}

/** Expressions that replace the parameters of INSERT. */
const PARAMETER_EXPRESSIONS = [
  `'${JURISDICTION}'`,
  `'POTHOLE'`,
  `'Deep pothole number ' || :n || ', cars swerve around it.'`,
  `-91.52 + :n * 0.0003`,
  `40.09 + :n * 0.0002`,
]

/** Prepares pgbench runs; `path`: the program. Statements are prepared. */
export async function startPgbench(path: string, city: CityDatabase): Promise<Pgbench> {
  const folder = await mkdtemp(join(tmpdir(), 'georeport-bench-'))
  const script = join(folder, 'post.sql')
  const statement = INSERT.replace(/\$(\d)/g, (_, number) => PARAMETER_EXPRESSIONS[Number(number) - 1]!)
  await writeFile(script, `\\set n random(0, 99)\n${statement};\n`)
  return {
    run: async (concurrency, seconds) => {
      const clientOptions = ['-c', String(concurrency), '-j', String(Math.min(2, concurrency))]
      const runOptions = ['-n', '-M', 'prepared', '-T', String(seconds), '-P', '1', '-f', script]
      const { stderr } = await promisify(execFile)(path, [...clientOptions, ...runOptions, city.url])
      const error = stderr.split('\n').find((line) => /error/i.test(line))
      if (error) throw new Error(`pgbench: ${error}`)
      const tps = [...stderr.matchAll(/^progress: [\d.]+ s, ([\d.]+) tps/gm)].map((each) => Number(each[1]))
      const counted = tps.slice(1)
      return counted.reduce((sum, each) => sum + each, 0) / counted.length
    },
    stop: () => rm(folder, { recursive: true, force: true }),
  }
}
