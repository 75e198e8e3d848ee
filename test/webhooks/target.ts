import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request that a target received. */
export interface ReceivedRequest {
  headers: IncomingHttpHeaders
  url: string
  body: string
}

/** Responds to the request number `nth`, counted from 0. */
export type Responder = (response: ServerResponse, nth: number, request: ReceivedRequest) => void

/** The target of a webhook, on this machine. */
export interface Target {
  url: string
  port: number
  requests: ReceivedRequest[]
  /** The `seq` of each request, in the order of arrival. */
  seqs(): number[]
  /** The number of connections that were opened. */
  connections(): number
  close(): Promise<void>
}

export const accept: Responder = (response) => {
  response.writeHead(204).end()
}

export const respondWith =
  (status: number, text = '', headers = {}): Responder =>
  (response) => {
    response.writeHead(status, headers).end(text)
  }

/** Starts a target that records every request before it responds. */
export async function startTarget(respond: Responder = accept): Promise<Target> {
  const requests: ReceivedRequest[] = []
  let connections = 0
  const server = createServer(async (incoming, response) => {
    let body = ''
    for await (const chunk of incoming.setEncoding('utf8')) body += chunk
    const request = { headers: incoming.headers, url: incoming.url!, body }
    requests.push(request)
    respond(response, requests.length - 1, request)
  })
  server.on('connection', () => {
    connections++
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook`,
    port,
    requests,
    seqs: () => requests.map(({ body }) => JSON.parse(body).data.seq as number),
    connections: () => connections,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}
