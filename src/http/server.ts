import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import { errors, presentError } from '../documents/errors.js'
import { compileEncoders, getContentType } from '../formats/encoders.js'
import { describeError, elapsedMs, type Log } from '../log.js'
import type { BrokenRule } from '../standard/refusal.js'
import { type ResponseCache, sendCachedResponse } from './response-cache.js'

/** Bytes, milliseconds and connections. */
export interface ServerLimits {
  maxHeaderBytes: number
  requestTimeout: number
  idleTimeout: number
  maxConnections: number
}

const writers = compileEncoders(errors)

/** Milliseconds: only files take longer on a slow line. */
const HEADERS_TIMEOUT = 30_000

/** An HTTP server over `fetch`. What never becomes a call is refused in the standard's form too (GR-ERR-10). */
export function createHttpServer(
  fetch: (request: Request) => Response | Promise<Response>,
  limits: ServerLimits,
  log: Log,
  ready: ResponseCache,
): Server {
  const toApp = getRequestListener(fetch, {
    hostname: 'localhost',
    errorHandler: (error) => {
      log.warn({ fault: describeError(error) }, 'call could not be read')
      const { headers, body } = encodeRefusal({
        rule: 'GR-ERR-07',
        status: 400,
        description: 'The call is not valid HTTP.',
      })
      return new Response(body, { status: 400, headers })
    },
  })
  const listener = (call: IncomingMessage, answer: ServerResponse) => {
    const started = performance.now()
    const found = ready.find(call)
    if (!found) return toApp(call, answer)
    const callId = randomUUID()
    sendCachedResponse(found, callId, answer)
    log.info({ call: callId, ...found.log, status: found.status, ms: elapsedMs(started) }, 'call')
    return undefined
  }
  const server = createServer(
    {
      maxHeaderSize: limits.maxHeaderBytes,
      requestTimeout: limits.requestTimeout,
      headersTimeout: Math.min(limits.requestTimeout, HEADERS_TIMEOUT),
      keepAliveTimeout: limits.idleTimeout,
      // An old client without a Host header gets its answer too.
      requireHostHeader: false,
    },
    listener,
  )
  // Also cuts who asks and does not read: the answer would be held in memory for ever.
  server.setTimeout(limits.idleTimeout)
  server.maxConnections = limits.maxConnections
  // No expectation is a reason not to answer, and nothing is tunnelled.
  server.on('checkExpectation', listener)
  server.on('connect', (_, socket) => refuseOnSocket(new Error(), socket))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuseOnSocket(error, socket))
  return server
}

const CLOSE_IDLE_INTERVAL_MS = 50

/** Stops taking calls, lets those under way end for at most `timeout` ms, then cuts them. */
export function stopHttpServer(server: Server, timeout: number): Promise<void> {
  return new Promise((done) => {
    const cut = setTimeout(() => server.closeAllConnections(), timeout)
    // A connection that has its last answer is kept open for the next call, which will not come.
    const idle = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_INTERVAL_MS)
    server.close(() => {
      clearTimeout(cut)
      clearInterval(idle)
      done()
    })
    server.closeIdleConnections()
  })
}

const CLIENT_ERROR_DESCRIPTIONS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: 'The address or the headers of the call are too long.',
  ERR_HTTP_REQUEST_TIMEOUT: 'The call took too long to arrive.',
}

/** A 400 and not 408 or 431: clients of the standard know no other. */
function refuseOnSocket(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const description = CLIENT_ERROR_DESCRIPTIONS[error.code ?? ''] ?? 'The call is not valid HTTP.'
  const { headers, body } = encodeRefusal({ rule: 'GR-ERR-07', status: 400, description })
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 400 Bad Request\r\n${lines.join('')}\r\n${body}`)
}

function encodeRefusal(broken: BrokenRule): { headers: Record<string, string>; body: string } {
  const body = writers.xml([presentError(broken)]).join('')
  return {
    headers: {
      'content-type': getContentType('xml'),
      'content-length': String(Buffer.byteLength(body)),
      'access-control-allow-origin': '*',
      connection: 'close',
    },
    body,
  }
}
