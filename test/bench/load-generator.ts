import { connect, type Socket } from 'node:net'

/**
 * Load generator, run as a separate process. It writes preformatted requests to keep-alive sockets and
 * parses responses only to find their end, so that it uses little CPU time compared with the server.
 */

/** One round: `count` requests over `concurrency` connections, one request at a time on each. */
export interface Job {
  port: number
  /** Raw HTTP/1.1 requests, used in turn. */
  requests: string[]
  /** Expected HTTP status. Any other status fails the round. */
  status: number
  concurrency: number
  count: number
}

export interface LoadResult {
  requestsPerSecond: number
  bytesPerSecond: number
  /** Latency. */
  medianMs: number
  p99Ms: number
  /** CPU time of the load generator per request. */
  ownCpuMs: number
}

/** Shared by the connections of a round. */
interface RoundState {
  job: Job
  sent: number
  bytes: number
  latenciesMs: number[]
  openConnections: number
  onConnectionDone: () => void
  fail: (error: Error) => void
}

process.on('message', (job: Job) => {
  run(job).then(
    (result) => process.send!(result),
    (error: Error) => process.send!({ error: error.message }),
  )
})

async function run(job: Job): Promise<LoadResult> {
  const state: RoundState = {
    job,
    sent: 0,
    bytes: 0,
    latenciesMs: [],
    openConnections: job.concurrency,
    onConnectionDone: () => {},
    fail: () => {},
  }
  const ended = new Promise<void>((resolve, reject) => {
    state.onConnectionDone = () => {
      if (--state.openConnections === 0) resolve()
    }
    state.fail = reject
  })
  // Avoids an unhandled rejection if a connection fails before `ended` is awaited.
  ended.catch(() => {})
  const connections = await Promise.all(Array.from({ length: job.concurrency }, () => openConnection(state)))
  const started = performance.now()
  const cpuBefore = process.cpuUsage()
  for (const { sendNext } of connections) sendNext()
  await ended.finally(() => {
    for (const { socket } of connections) socket.destroy()
  })
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  const latencies = state.latenciesMs.sort((a, b) => a - b)
  return {
    requestsPerSecond: job.count / seconds,
    bytesPerSecond: state.bytes / seconds,
    medianMs: latencies[Math.floor(latencies.length / 2)]!,
    p99Ms: latencies[Math.floor(latencies.length * 0.99)]!,
    ownCpuMs: (user + system) / 1000 / job.count,
  }
}

const HEAD_END = Buffer.from('\r\n\r\n')
const LAST_CHUNK = '0\r\n\r\n'
const CHUNKED = -1

/**
 * Opens a connection that sends requests one after the other, until all requests of the round are sent.
 */
function openConnection(state: RoundState): Promise<{ socket: Socket; sendNext(): void }> {
  const { job } = state
  let sentAt = 0
  let isDone = false
  /** Incomplete head of the current response. */
  let head = Buffer.alloc(0)
  /** Remaining bytes of the body; CHUNKED: until the last chunk. */
  let remaining = 0
  /** Last bytes of a chunked body. */
  let tail = ''

  function sendNext(): void {
    if (state.sent >= job.count) {
      isDone = true
      socket.destroy()
      state.onConnectionDone()
      return
    }
    sentAt = performance.now()
    socket.write(job.requests[state.sent++ % job.requests.length]!, 'latin1')
  }

  function receive(data: Buffer): void {
    state.bytes += data.length
    let body = data
    if (remaining === 0) {
      const received = head.length > 0 ? Buffer.concat([head, data]) : data
      const end = received.indexOf(HEAD_END)
      if (end < 0) {
        // Copied, because the read buffer is reused.
        head = Buffer.from(received)
        return
      }
      const text = received.toString('latin1', 0, end)
      if (Number(text.slice(9, 12)) !== job.status) {
        const line = job.requests[0]!.split('\r\n', 1)[0]
        state.fail(new Error(`${line}: ${received.toString('latin1', 0, 600)}`))
        return
      }
      remaining = parseBodyLength(text, job.status)
      body = received.subarray(end + HEAD_END.length)
      head = Buffer.alloc(0)
    }
    if (remaining === CHUNKED) {
      const { length } = LAST_CHUNK
      tail = (tail + body.toString('latin1', Math.max(0, body.length - length))).slice(-length)
      if (tail !== LAST_CHUNK) return
      tail = ''
    } else {
      remaining -= body.length
      if (remaining > 0) return
    }
    remaining = 0
    state.latenciesMs.push(performance.now() - sentAt)
    sendNext()
  }

  const callback = (length: number, buffer: Uint8Array) => {
    receive((buffer as Buffer).subarray(0, length))
    return true
  }
  // One buffer per connection: an allocation per read costs more than the read.
  const onread = { buffer: Buffer.allocUnsafe(256 * 1024), callback }
  const socket = connect({ port: job.port, host: '127.0.0.1', noDelay: true, onread })
  socket.on('close', () => {
    if (!isDone) state.fail(new Error('the server closed a connection'))
  })
  return new Promise((resolve, reject) => {
    socket.on('connect', () => resolve({ socket, sendNext }))
    socket.on('error', (error) => {
      state.fail(error)
      reject(error)
    })
  })
}

/** Returns the body length that a response head announces. */
function parseBodyLength(head: string, status: number): number {
  if (status === 304 || status === 204) return 0
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)
  if (length) return Number(length[1])
  if (/\r\ntransfer-encoding: *chunked/i.test(head)) return CHUNKED
  throw new Error(`a response without length: ${head}`)
}
