import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { City } from './data.js'
import type { Statement } from './statements.js'

/** Runs the statements of a case again and again. */
export interface Pgbench {
  /** Gives how often a second they ran; the first of the seconds is left out. */
  run(statements: readonly Statement[], concurrency: number, seconds: number): Promise<number>
  stop(): Promise<void>
}

/** pgbench at `path`, with prepared statements: what the same SQL costs without a server in front of it. */
export async function startPgbench(path: string, city: City): Promise<Pgbench> {
  const folder = await mkdtemp(join(tmpdir(), 'georeport-bench-'))
  const script = join(folder, 'script.sql')
  return {
    run: async (statements, concurrency, seconds) => {
      await writeFile(script, scriptOf(statements))
      const threads = Math.min(2, concurrency)
      const many = ['-c', String(concurrency), '-j', String(threads)]
      const long = ['-n', '-M', 'prepared', '-T', String(seconds), '-P', '1', '-f', script]
      const { stderr } = await promisify(execFile)(
        path,
        [...many, ...long, ...variablesOf(statements), city.url],
        {
          maxBuffer: 1e8,
        },
      )
      const faults = stderr.split('\n').filter((line) => /error/i.test(line))
      if (faults.length > 0) throw new Error(`pgbench: ${faults[0]}`)
      const seen = [...stderr.matchAll(/^progress: [\d.]+ s, ([\d.]+) tps/gm)].map((match) =>
        Number(match[1]),
      )
      const counted = seen.length > 1 ? seen.slice(1) : seen
      return counted.reduce((sum, each) => sum + each, 0) / counted.length
    },
    stop: () => rm(folder, { recursive: true, force: true }),
  }
}

/** `$1` becomes a variable, which pgbench sends as a parameter; a variable that is not set is null. */
function scriptOf(statements: readonly Statement[]): string {
  return statements
    .map(({ text }, index) => `${text.replace(/\$(\d+)/g, `:s${index}p$1`).replace(/;\s*$/, '')};\n`)
    .join('')
}

function variablesOf(statements: readonly Statement[]): string[] {
  return statements.flatMap(({ parameters }, index) =>
    parameters.flatMap((value, number) => (value === null ? [] : ['-D', `s${index}p${number + 1}=${value}`])),
  )
}
