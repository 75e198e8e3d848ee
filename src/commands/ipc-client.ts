import { stat } from 'node:fs/promises'
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { connect } from 'node:net'
import { type CommandOutput, type ExitCode, FAILED } from './command.js'
import type { OutputLine, RemoteCommand } from './ipc-protocol.js'

/** Whether a process listens at the socket. Throws if the socket belongs to another user: commands may hold secrets. */
export async function isServerListening(path: string): Promise<boolean> {
  const owner = (await stat(path).catch(() => null))?.uid
  if (process.getuid && owner !== undefined && owner !== process.getuid() && process.getuid() !== 0) {
    throw new Error(`${path} belongs to another user`)
  }
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** Runs `command` in the process that listens at the socket, and writes its output to `output`. */
export async function runOnServer(
  path: string,
  command: RemoteCommand,
  output: CommandOutput,
): Promise<ExitCode> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = requestHttp({ socketPath: path, method: 'POST', path: '/' }, resolve)
    request.once('error', reject)
    request.end(JSON.stringify(command))
  })
  let incompleteLine = ''
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (incompleteLine + chunk).split('\n')
    incompleteLine = lines.pop()!
    for (const json of lines) {
      const line = JSON.parse(json) as OutputLine
      if ('result' in line) output.writeResult(line.result)
      else if ('message' in line) output.writeMessage(line.message)
      else if ('progress' in line) output.progress(...line.progress)
      else return line.exit
    }
  }
  output.writeMessage('The server stopped before the command was done.')
  return FAILED
}
