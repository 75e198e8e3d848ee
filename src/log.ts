import cluster from 'node:cluster'
import { type Logger, pino } from 'pino'

export type Log = Logger

/**
 * The only writer of logs: a JSON object a line, on standard output, which no call waits for, unless several processes
 * write there: then line by line.
 */
export function createLog(level: string, destination?: { write(line: string): void }): Log {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  return pino(options, destination ?? pino.destination({ sync: cluster.isWorker }))
}

/**
 * What may be logged of an error: its kind, the code and names PostgreSQL gives, and where it happened. Not its message
 * or detail, which quote values, and so a reporter (GR-POST-10).
 */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { kind: typeof error }
  const { code, constraint, table, routine, syscall } = error as Error & Record<string, unknown>
  const where = error.stack
    ?.split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim())
  const cause = error.cause === undefined ? undefined : describeError(error.cause)
  return { kind: error.name, code, constraint, table, routine, syscall, where, cause }
}

/** To a tenth; `started` is of performance.now(). */
export function elapsedMs(started: number): number {
  return Math.round((performance.now() - started) * 10) / 10
}
