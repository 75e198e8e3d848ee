import { join, relative } from 'node:path'
import type { ExitCode } from './command.js'

/**
 * Only one process can open the embedded database. Other processes send their commands to it over a Unix socket (a named
 * pipe on Windows): the client posts a RemoteCommand as JSON, and the response is a stream of OutputLine, one JSON object
 * per line.
 *
 * Each transaction of a remote command is queued like those of HTTP requests. The wire protocol of
 * @electric-sql/pglite-socket cannot do this: it interleaves statements of its clients with our own.
 */
export interface RemoteCommand {
  argv: string[]
  /** Relative paths in `argv` start here. */
  cwd: string
}

/** A line of output; `exit` is the last one. */
export type OutputLine =
  | { result: string }
  | { message: string }
  | { progress: [done: number, total: number] }
  | { exit: ExitCode }

/** Limit of all operating systems. */
const MAX_SOCKET_PATH_BYTES = 100

/**
 * Path of the socket of the process that has the database in `directory` open; relative if that is shorter. Throws if it
 * is too long for a socket.
 */
export function socketPath(directory: string): string {
  if (process.platform === 'win32') return `\\\\.\\pipe\\${directory.replaceAll('\\', '-')}\\georeport`
  const absolutePath = join(directory, 'georeport.sock')
  const relativePath = relative(process.cwd(), absolutePath)
  const path = relativePath.length < absolutePath.length ? relativePath : absolutePath
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) {
    throw new Error(`DATA_DIR is too long: ${path} has more than ${MAX_SOCKET_PATH_BYTES} bytes`)
  }
  return path
}
