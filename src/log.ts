import cluster from 'node:cluster'
import { type Logger, pino } from 'pino'

export type Log = Logger

/**
 * Creates the logger: JSON lines on standard output, written in the background. With several processes writes are
 * synchronous, so that lines do not mix.
 */
export function createLog(level: string, destination?: { write(line: string): void }): Log {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  return pino(options, destination ?? pino.destination({ sync: cluster.isWorker }))
}

/**
 * The fields of an error that may be logged: its name, the codes and names from PostgreSQL, and the stack frames. Not its
 * message or detail: they quote values and so personal data (GR-POST-10).
 */
export function describeError(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { kind: typeof error }
  const { code, constraint, table, routine, syscall } = error as Error & Record<string, unknown>
  const frames = error.stack
    ?.split('\n')
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim())
  const cause = error.cause === undefined ? undefined : describeError(error.cause)
  return { kind: error.name, code, constraint, table, routine, syscall, where: frames, cause }
}

/** Milliseconds since `started` (from performance.now()), to a tenth. */
export function elapsedMs(started: number): number {
  return Math.round((performance.now() - started) * 10) / 10
}
