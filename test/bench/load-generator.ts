import { connect, type Socket } from 'node:net'

/**
 * The load generator, a process of its own. It writes ready calls to sockets that stay open and reads no more of the
 * answers than where they end: a client that works harder than the server would measure itself.
 */

/** A round: `count` calls, `concurrency` at once, over so many connections. */
export interface Job {
  port: number
  /** Whole calls as they are sent, used in turn. */
  calls: string[]
  /** The HTTP status that each has to be answered with. */
  status: number
  concurrency: number
  count: number
}

export interface Done {
  perSecond: number
  bytesPerSecond: number
  /** Milliseconds from call to answer that so many calls stayed below. */
  median: number
  p99: number
  /** CPU milliseconds a call that this process took itself. */
  ownCpu: number
}

/** Connections, what they still have to do, and what they did. */
interface Work {
  job: Job
  begun: number
  bytes: number
  times: number[]
  open: number
  end: () => void
  fail: (error: Error) => void
}

process.on('message', (job: Job) => {
  run(job).then(
    (done) => process.send!(done),
    (error: Error) => process.send!({ fault: error.message }),
  )
})

async function run(job: Job): Promise<Done> {
  const work: Work = {
    job,
    begun: 0,
    bytes: 0,
    times: [],
    open: job.concurrency,
    end: () => {},
    fail: () => {},
  }
  const ended = new Promise<void>((done, fail) => {
    work.end = () => {
      if (--work.open === 0) done()
    }
    work.fail = fail
  })
  // Told of below, or by who could not connect.
  ended.catch(() => {})
  const talks = await Promise.all(Array.from({ length: job.concurrency }, () => open(work)))
  const started = performance.now()
  const used = process.cpuUsage()
  for (const { call } of talks) call()
  await ended.finally(() => {
    for (const { socket } of talks) socket.destroy()
  })
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(used)
  const times = work.times.sort((a, b) => a - b)
  return {
    perSecond: job.count / seconds,
    bytesPerSecond: work.bytes / seconds,
    median: times[Math.floor(times.length / 2)]!,
    p99: times[Math.floor(times.length * 0.99)]!,
    ownCpu: (user + system) / 1000 / job.count,
  }
}

const END_OF_HEAD = Buffer.from('\r\n\r\n')

/** A connection on which one call follows the other, until all calls of the round are begun. */
function open(work: Work): Promise<{ socket: Socket; call(): void }> {
  const { job } = work
  let called = 0
  let isDone = false
  let head = Buffer.alloc(0)
  /** Bytes of the answer that are still to come; -1: in chunks, until the last one. */
  let left = 0
  /** The end of what was read of chunks. */
  let tail = ''

  function call(): void {
    if (work.begun >= job.count) {
      isDone = true
      socket.destroy()
      work.end()
      return
    }
    called = performance.now()
    socket.write(job.calls[work.begun++ % job.calls.length]!, 'latin1')
  }

  function read(data: Buffer): void {
    work.bytes += data.length
    let body = data
    if (left === 0) {
      const begun = head.length > 0 ? Buffer.concat([head, data]) : data
      const end = begun.indexOf(END_OF_HEAD)
      // What is kept has to be copied: the buffer is used again.
      if (end < 0) head = Buffer.from(begun)
      if (end < 0) return
      const text = begun.toString('latin1', 0, end)
      if (Number(text.slice(9, 12)) !== job.status) {
        const line = job.calls[0]!.split('\r\n', 1)[0]
        work.fail(new Error(`${line}: ${begun.toString('latin1', 0, 600)}`))
        return
      }
      left = lengthOf(text, job.status)
      body = begun.subarray(end + 4)
      head = Buffer.alloc(0)
    }
    if (left === -1) {
      tail = (tail + body.toString('latin1', Math.max(0, body.length - 5))).slice(-5)
      if (tail !== '0\r\n\r\n') return
      tail = ''
    } else {
      left -= body.length
      if (left > 0) return
    }
    left = 0
    work.times.push(performance.now() - called)
    call()
  }

  const callback = (length: number, buffer: Uint8Array) => {
    read((buffer as Buffer).subarray(0, length))
    return true
  }
  // One buffer for all that is read: a new one for each piece would cost more than the piece.
  const onread = { buffer: Buffer.allocUnsafe(256 * 1024), callback }
  const socket = connect({ port: job.port, host: '127.0.0.1', noDelay: true, onread })
  socket.on('close', () => {
    if (!isDone) work.fail(new Error('the server closed a connection'))
  })
  return new Promise((done, fail) => {
    socket.on('connect', () => done({ socket, call }))
    socket.on('error', (error) => {
      work.fail(error)
      fail(error)
    })
  })
}

/** How long the body is that follows a head; -1: as long as its chunks last. */
function lengthOf(head: string, status: number): number {
  if (status === 304 || status === 204) return 0
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)
  if (length) return Number(length[1])
  if (/\r\ntransfer-encoding: *chunked/i.test(head)) return -1
  throw new Error(`an answer without length: ${head}`)
}
