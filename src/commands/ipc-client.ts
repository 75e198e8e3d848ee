import { stat } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { type CommandContext, type ExitCode, FAILED } from './command.js'
import type { OutputLine, RemoteCommand } from './ipc-server.js'

/** True if somebody listens at the socket. Throws if it belongs to another user: commands are for our own host. */
export async function isServerListening(path: string): Promise<boolean> {
  const owner = (await stat(path).catch(() => null))?.uid
  if (process.getuid && owner !== undefined && owner !== process.getuid() && process.getuid() !== 0) {
    throw new Error(`${path} belongs to another user`)
  }
  return new Promise((answer) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      answer(true)
    })
    socket.once('error', () => answer(false))
  })
}

/** Has the host run `command`, and shows what it says. */
export async function runOnServer(
  path: string,
  command: RemoteCommand,
  world: Pick<CommandContext, 'writeResult' | 'writeMessage' | 'progress'>,
): Promise<ExitCode> {
  const answer = await new Promise<IncomingMessage>((done, fail) => {
    const call = request({ socketPath: path, method: 'POST', path: '/' }, done)
    call.once('error', fail)
    call.end(JSON.stringify(command))
  })
  let rest = ''
  for await (const chunk of answer.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()!
    for (const json of lines) {
      const line = JSON.parse(json) as OutputLine
      if ('out' in line) world.writeResult(line.out)
      else if ('tell' in line) world.writeMessage(line.tell)
      else if ('progress' in line) world.progress(...line.progress)
      else return line.exit
    }
  }
  world.writeMessage('The server stopped before the command was done.')
  return FAILED
}
