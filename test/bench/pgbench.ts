import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { INSERTION } from './baseline-sql.js'
import type { City } from './data.js'
import { JURISDICTION } from './setting.js'

/** Files the service requests of the case POST without any server: what the database can take. */
export interface Pgbench {
  /** Gives how many a second were filed; the first of the seconds is left out. */
  run(concurrency: number, seconds: number): Promise<number>
  stop(): Promise<void>
}

/** What stands for the parameters of the insertion. */
const VALUES = [
  `'${JURISDICTION}'`,
  `'POTHOLE'`,
  `'Deep pothole number ' || :n || ', cars swerve around it.'`,
  `-91.52 + :n * 0.0003`,
  `40.09 + :n * 0.0002`,
]

/** pgbench at `path`, with prepared statements. */
export async function startPgbench(path: string, city: City): Promise<Pgbench> {
  const folder = await mkdtemp(join(tmpdir(), 'georeport-bench-'))
  const script = join(folder, 'post.sql')
  const insertion = INSERTION.replace(/\$(\d)/g, (_, number) => VALUES[Number(number) - 1]!)
  await writeFile(script, `\\set n random(0, 99)\n${insertion};\n`)
  return {
    run: async (concurrency, seconds) => {
      const many = ['-c', String(concurrency), '-j', String(Math.min(2, concurrency))]
      const long = ['-n', '-M', 'prepared', '-T', String(seconds), '-P', '1', '-f', script]
      const { stderr } = await promisify(execFile)(path, [...many, ...long, city.url])
      const fault = stderr.split('\n').find((line) => /error/i.test(line))
      if (fault) throw new Error(`pgbench: ${fault}`)
      const seen = [...stderr.matchAll(/^progress: [\d.]+ s, ([\d.]+) tps/gm)].map((each) => Number(each[1]))
      const counted = seen.slice(1)
      return counted.reduce((sum, each) => sum + each, 0) / counted.length
    },
    stop: () => rm(folder, { recursive: true, force: true }),
  }
}
