import { randomUUID } from 'node:crypto'
import { chmod, mkdir, realpath, rename, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createNetServer, type Server as NetServer } from 'node:net'
import { join, relative } from 'node:path'
import type { CommandContext, ExitCode } from './command.js'
import { isServerListening } from './ipc-client.js'

/**
 * The embedded database lives in one process. That process, the host, runs the commands of all others, its guests, so
 * that each of their transactions is one turn of the database like any call (the wire protocol offered by
 * @electric-sql/pglite-socket mixes the statements of its clients with those of the process itself).
 */

/** A line of a guest's output, or its end. */
export type OutputLine =
  | { out: string }
  | { tell: string }
  | { progress: [done: number, all: number] }
  | { exit: ExitCode }

/** What a guest asks for. */
export interface RemoteCommand {
  argv: string[]
  cwd: string
}

/** Runs a command with the output going to the guest. */
export type RunRemoteCommand = (
  command: RemoteCommand,
  world: Pick<CommandContext, 'writeResult' | 'writeMessage' | 'progress'>,
) => Promise<ExitCode>

/** Someone else has the embedded database of this folder. */
export class DatabaseInUse extends Error {}

/** The longest address of a socket that all operating systems take, in bytes. */
const MAX_SOCKET_PATH_BYTES = 100

/** Where guests find the host of `directory`, relative where that is shorter. Throws if it is too long for a socket. */
export function socketPath(directory: string): string {
  if (process.platform === 'win32') return `\\\\.\\pipe\\${directory.replaceAll('\\', '-')}\\georeport`
  const absolute = join(directory, 'georeport.sock')
  const fromHere = relative(process.cwd(), absolute)
  const path = fromHere.length < absolute.length ? fromHere : absolute
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) {
    throw new Error(`DATA_DIR is too long: ${path} has more than ${MAX_SOCKET_PATH_BYTES} bytes`)
  }
  return path
}

/** Becomes the host of `directory`, before its database is opened. Throws HostPresent. Ends when guests are done. */
export async function startIpcServer(directory: string, run: RunRemoteCommand): Promise<() => Promise<void>> {
  const path = socketPath(directory)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const lock = createNetServer()
  if (process.platform === 'linux' && !(await tryListen(lock, `\0georeport:${await realpath(directory)}`)))
    throw new DatabaseInUse()
  const server = createServer({ keepAliveTimeout: 1 }, (call, answer) => {
    runForClient(call, answer, run).catch(() => answer.destroy())
  })
  try {
    if (!(await tryListen(server, path))) {
      await removeStaleSocket(path)
      if (!(await tryListen(server, path))) throw new DatabaseInUse()
    }
    if (process.platform !== 'win32') await chmod(path, 0o600)
  } catch (error) {
    lock.close()
    server.close()
    throw error
  }
  return async () => {
    const ended = new Promise((done) => server.close(done))
    server.closeIdleConnections()
    await ended
    lock.close()
  }
}

/** Clears away the socket that a killed host left behind. Throws HostPresent if somebody still answers there. */
async function removeStaleSocket(path: string): Promise<void> {
  // Aside first: between a look and a removal, somebody else may become host.
  const aside = `${path}.${randomUUID().slice(0, 8)}`
  await rename(path, aside).catch(() => {})
  if (await isServerListening(aside)) {
    await rename(aside, path)
    throw new DatabaseInUse()
  }
  await rm(aside, { force: true })
}

/**
 * False if the address is taken. On Linux an address that begins with NUL is no file: the kernel gives it to one
 * process at a time and takes it back when that dies, whatever becomes of the folder.
 */
function tryListen(server: NetServer, path: string): Promise<boolean> {
  return new Promise((done, fail) => {
    const failed = (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? done(false) : fail(error))
    server.once('error', failed)
    server.listen(path, () => {
      server.off('error', failed)
      done(true)
    })
  })
}

async function runForClient(
  call: IncomingMessage,
  answer: ServerResponse,
  run: RunRemoteCommand,
): Promise<void> {
  const write = (line: OutputLine) => answer.write(`${JSON.stringify(line)}\n`)
  const chunks: Buffer[] = []
  for await (const chunk of call) chunks.push(chunk as Buffer)
  const command = JSON.parse(Buffer.concat(chunks).toString('utf8')) as RemoteCommand
  const exit = await run(command, {
    writeResult: (out) => write({ out }),
    writeMessage: (tell) => write({ tell }),
    progress: (done, all) => write({ progress: [done, all] }),
  })
  write({ exit })
  answer.end()
}
