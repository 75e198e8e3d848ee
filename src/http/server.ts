import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import { errors, presentError } from '../documents/errors.js'
import { compileEncoders, getContentType } from '../formats/encoders.js'
import { describeError, elapsedMs, type Log } from '../log.js'
import type { BrokenRule } from '../standard/refusal.js'
import { type ResponseCache, sendCachedResponse } from './response-cache.js'

export interface ServerLimits {
  maxHeaderBytes: number
  requestTimeoutMs: number
  idleTimeoutMs: number
  maxConnections: number
}

const errorEncoders = compileEncoders(errors)

/** Only a body may take longer. */
const HEADERS_TIMEOUT_MS = 30_000

/**
 * Creates the HTTP server of the app. Invalid HTTP also gets an error document of the standard
 * (GR-ERR-10).
 */
export function createHttpServer(
  fetch: (request: Request) => Response | Promise<Response>,
  limits: ServerLimits,
  log: Log,
  responseCache: ResponseCache,
): Server {
  const toApp = getRequestListener(fetch, {
    hostname: 'localhost',
    errorHandler: (error) => {
      log.warn({ error: describeError(error) }, 'invalid HTTP request')
      const { headers, body } = encodeRefusal({
        rule: 'GR-ERR-07',
        status: 400,
        description: 'The call is not valid HTTP.',
      })
      return new Response(body, { status: 400, headers })
    },
  })
  const listener = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const startedAt = performance.now()
    const cached = responseCache.find(incoming)
    if (!cached) {
      // Nothing depends on it, and a Host header with a path would change the URL that is routed.
      incoming.headers.host = undefined
      return toApp(incoming, outgoing)
    }
    const requestId = randomUUID()
    sendCachedResponse(cached, requestId, outgoing)
    const { status, logFields } = cached
    log.info({ request_id: requestId, ...logFields, status, ms: elapsedMs(startedAt) }, 'request')
    return undefined
  }
  const server = createServer(
    {
      maxHeaderSize: limits.maxHeaderBytes,
      requestTimeout: limits.requestTimeoutMs,
      headersTimeout: Math.min(limits.requestTimeoutMs, HEADERS_TIMEOUT_MS),
      keepAliveTimeout: limits.idleTimeoutMs,
      // HTTP/1.0 clients send no Host header.
      requireHostHeader: false,
    },
    listener,
  )
  // Also closes connections of clients that do not read their response.
  server.setTimeout(limits.idleTimeoutMs)
  server.maxConnections = limits.maxConnections
  // An unknown Expect header is ignored; CONNECT is refused.
  server.on('checkExpectation', listener)
  server.on('connect', (_, socket) => refuseOnSocket(new Error(), socket))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuseOnSocket(error, socket))
  return server
}

const CLOSE_IDLE_INTERVAL_MS = 50

/** Stops accepting requests. Closes the connections of unfinished requests after `timeoutMs`. */
export function stopHttpServer(server: Server, timeoutMs: number): Promise<void> {
  return new Promise((done) => {
    const forceClose = setTimeout(() => server.closeAllConnections(), timeoutMs)
    // A keep-alive connection stays open after its last response.
    const closeIdle = setInterval(() => server.closeIdleConnections(), CLOSE_IDLE_INTERVAL_MS)
    server.close(() => {
      clearTimeout(forceClose)
      clearInterval(closeIdle)
      done()
    })
    server.closeIdleConnections()
  })
}

const CLIENT_ERROR_DESCRIPTIONS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: 'The address or the headers of the call are too long.',
  ERR_HTTP_REQUEST_TIMEOUT: 'The call took too long to arrive.',
}

/** Responds with 400, not 408 or 431, which the standard does not know. */
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
  const body = errorEncoders.xml([presentError(broken)]).join('')
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
