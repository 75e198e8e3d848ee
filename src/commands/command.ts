import type { Config } from '../config.js'
import type { Database } from '../store/database/database.js'

/** What a command may do with the world. */
export interface CommandContext {
  config: Config
  /** The folder that relative paths start from. */
  cwd: string
  /** One line of a result, on standard output. */
  writeResult(line: string): void
  /** One line for people, on standard error. */
  writeMessage(line: string): void
  /** How much of the work is done. */
  progress(done: number, all: number): void
  /** Opens the database, migrated; it is closed after the command. */
  openDatabase(): Promise<Database>
}

/** Exit codes. */
export const DONE = 0
export const FAILED = 1
export const USAGE = 2
/** An import went through, but some rows were refused. */
export const ROWS_REFUSED = 3

export type ExitCode = typeof DONE | typeof FAILED | typeof USAGE | typeof ROWS_REFUSED

/** A failure that a person can mend: its message is all there is to say. */
export class CommandFailure extends Error {}
