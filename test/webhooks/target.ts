import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A call that a target heard. */
export interface ReceivedRequest {
  headers: IncomingHttpHeaders
  url: string
  body: string
}

/** Answers the `nth` call, from 0. */
export type Responder = (answer: ServerResponse, nth: number, call: ReceivedRequest) => void

/** The target of a webhook, on this machine. */
export interface Target {
  url: string
  port: number
  requests: ReceivedRequest[]
  /** The `seq` of each call, in the order in which they were heard. */
  seqs(): number[]
  /** Connections that were opened to it. */
  connections(): number
  close(): Promise<void>
}

export const accept: Responder = (answer) => {
  answer.writeHead(204).end()
}

export const respondWith =
  (status: number, text = '', headers = {}): Responder =>
  (answer) => {
    answer.writeHead(status, headers).end(text)
  }

/** Starts a target that notes every call before it answers. */
export async function startTarget(answering: Responder = accept): Promise<Target> {
  const calls: ReceivedRequest[] = []
  let connections = 0
  const server = createServer(async (call, answer) => {
    let body = ''
    for await (const chunk of call.setEncoding('utf8')) body += chunk
    const heard = { headers: call.headers, url: call.url!, body }
    calls.push(heard)
    answering(answer, calls.length - 1, heard)
  })
  server.on('connection', () => {
    connections++
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook`,
    port,
    requests: calls,
    seqs: () => calls.map((call) => JSON.parse(call.body).data.seq as number),
    connections: () => connections,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}
