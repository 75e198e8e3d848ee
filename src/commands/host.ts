import { randomUUID } from 'node:crypto'
import { chmod, mkdir, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { join, relative } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { ExitCode, World } from './command.js'
import { connects, nameOfHost } from './guest.js'

/**
 * The embedded database lives in one process. That process, the host, runs the commands of all others, its guests, so
 * that each of their transactions is one turn of the database like any call (the wire protocol offered by
 * @electric-sql/pglite-socket mixes the statements of its clients with those of the process itself).
 */

/** A line of a guest's output, or its end. */
export type Line =
  | { out: string }
  | { tell: string }
  | { progress: [done: number, all: number] }
  | { exit: ExitCode }

/** What a guest asks for. */
export interface GuestCommand {
  argv: string[]
  cwd: string
}

/** Runs a command with the output going to the guest. */
export type RunForGuest = (
  command: GuestCommand,
  world: Pick<World, 'out' | 'tell' | 'progress'>,
) => Promise<ExitCode>

/** Milliseconds after which a replaced socket has settled. */
const TAKEOVER = 250

/** Someone else has the embedded database of this folder. */
export class HostPresent extends Error {}

/** Where guests find the host of `directory`; as short as may be, for operating systems limit it to about 100 bytes. */
export function socketOf(directory: string): string {
  if (process.platform === 'win32') return `\\\\.\\pipe\\${directory.replaceAll('\\', '-')}\\georeport`
  const absolute = join(directory, 'georeport.sock')
  const fromHere = relative(process.cwd(), absolute)
  return fromHere.length < absolute.length ? fromHere : absolute
}

/** Becomes the host of `directory`, before its database is opened. Throws HostPresent. Ends when guests are done. */
export async function becomeHost(directory: string, run: RunForGuest): Promise<() => Promise<void>> {
  const path = socketOf(directory)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const name = randomUUID()
  const server = createServer({ keepAliveTimeout: 1 }, (call, answer) => {
    if (call.method === 'GET') answer.end(name)
    else runFor(call, answer, run).catch(() => answer.destroy())
  })
  const leave = () =>
    new Promise<void>((done) => {
      server.close(() => done())
      server.closeIdleConnections()
    })
  if (await listens(server, path)) return leave
  if (await connects(path)) throw new HostPresent()
  // A killed host left its socket behind. Two who find that at once may both replace it: the later one stays.
  await rm(path, { force: true })
  const isListening = await listens(server, path)
  await setTimeout(TAKEOVER)
  if (isListening && (await nameOfHost(path)) === name) return leave
  if (isListening) await leave()
  throw new HostPresent()
}

/** False if the socket is taken, by a living host or by the remains of one. */
async function listens(server: Server, path: string): Promise<boolean> {
  const isListening = await new Promise<boolean>((done, fail) => {
    const failed = (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? done(false) : fail(error))
    server.once('error', failed)
    server.listen(path, () => {
      server.off('error', failed)
      done(true)
    })
  })
  if (isListening && process.platform !== 'win32') await chmod(path, 0o600)
  return isListening
}

async function runFor(call: IncomingMessage, answer: ServerResponse, run: RunForGuest): Promise<void> {
  const write = (line: Line) => answer.write(`${JSON.stringify(line)}\n`)
  const chunks: Buffer[] = []
  for await (const chunk of call) chunks.push(chunk as Buffer)
  const command = JSON.parse(Buffer.concat(chunks).toString('utf8')) as GuestCommand
  const exit = await run(command, {
    out: (out) => write({ out }),
    tell: (tell) => write({ tell }),
    progress: (done, all) => write({ progress: [done, all] }),
  })
  write({ exit })
  answer.end()
}
