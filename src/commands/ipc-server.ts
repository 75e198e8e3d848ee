import { randomUUID } from 'node:crypto'
import { chmod, mkdir, realpath, rename, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createNetServer, type Server as NetServer } from 'node:net'
import type { CommandOutput, ExitCode } from './command.js'
import { isServerListening } from './ipc-client.js'
import { type OutputLine, type RemoteCommand, socketPath } from './ipc-protocol.js'

/** Runs a remote command; `output` goes to its client. */
export type RunRemoteCommand = (command: RemoteCommand, output: CommandOutput) => Promise<ExitCode>

/** Another process has the embedded database open. */
export class DatabaseInUse extends Error {}

/**
 * Claims the embedded database in `directory` for this process and runs commands of other processes. Call it before the
 * database is opened. Throws DatabaseInUse. Returns a function that waits for running commands and stops the server.
 */
export async function startIpcServer(directory: string, run: RunRemoteCommand): Promise<() => Promise<void>> {
  const path = socketPath(directory)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const lock = createNetServer()
  if (process.platform === 'linux' && !(await tryListen(lock, `\0georeport:${await realpath(directory)}`)))
    throw new DatabaseInUse()
  const server = createServer({ keepAliveTimeout: 1 }, (request, response) => {
    runForClient(request, response, run).catch(() => response.destroy())
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
    const closed = new Promise((resolve) => server.close(resolve))
    server.closeIdleConnections()
    await closed
    lock.close()
  }
}

/** Removes the socket of a killed process. Throws DatabaseInUse if a process still listens there. */
async function removeStaleSocket(path: string): Promise<void> {
  // Renamed first: another process may start to listen between the check and the removal.
  const renamedPath = `${path}.${randomUUID().slice(0, 8)}`
  await rename(path, renamedPath).catch(() => {})
  if (await isServerListening(renamedPath)) {
    await rename(renamedPath, path)
    throw new DatabaseInUse()
  }
  await rm(renamedPath, { force: true })
}

/**
 * Returns false if the address is taken. On Linux an address that begins with NUL is in the abstract namespace: no file,
 * held by one process at a time, and released by the kernel when that process ends.
 */
function tryListen(server: NetServer, path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error)
    server.once('error', onError)
    server.listen(path, () => {
      server.off('error', onError)
      resolve(true)
    })
  })
}

async function runForClient(
  request: IncomingMessage,
  response: ServerResponse,
  run: RunRemoteCommand,
): Promise<void> {
  const write = (line: OutputLine) => response.write(`${JSON.stringify(line)}\n`)
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const command = JSON.parse(Buffer.concat(chunks).toString('utf8')) as RemoteCommand
  const exit = await run(command, {
    writeResult: (result) => write({ result }),
    writeMessage: (message) => write({ message }),
    progress: (done, total) => write({ progress: [done, total] }),
  })
  write({ exit })
  response.end()
}
