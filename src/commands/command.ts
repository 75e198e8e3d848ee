import type { Config } from '../config.js'
import type { Database } from '../store/database/database.js'

/** Output of a command. */
export interface CommandOutput {
  /** Writes a line of the result, for programs, to standard output. */
  writeResult(line: string): void
  /** Writes a line for people to standard error. */
  writeMessage(line: string): void
  progress(done: number, total: number): void
}

/** Everything that a command uses besides its arguments. */
export interface CommandContext extends CommandOutput {
  config: Config
  /** Relative paths start here. */
  cwd: string
  /** Opens the database and migrates it. It is closed after the command. */
  openDatabase(): Promise<Database>
}

export const DONE = 0
export const FAILED = 1
export const USAGE = 2
/** The import succeeded, except for some rows. */
export const ROWS_REFUSED = 3

export type ExitCode = typeof DONE | typeof FAILED | typeof USAGE | typeof ROWS_REFUSED

/** An expected failure. The message is for people at the terminal. */
export class CommandFailure extends Error {}
