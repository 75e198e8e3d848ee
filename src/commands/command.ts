import type { Config } from '../config.js'
import type { Database } from '../store/database/database.js'

/** What a command may do with the world. */
export interface World {
  config: Config
  /** The folder that relative paths start from. */
  cwd: string
  /** One line of a result, on standard output. */
  out(line: string): void
  /** One line for people, on standard error. */
  tell(line: string): void
  /** How much of the work is done. */
  progress(done: number, all: number): void
  /** Opens the database, migrated; it is closed after the command. */
  open(): Promise<Database>
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
