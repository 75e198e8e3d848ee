import cluster, { type Worker } from 'node:cluster'
import type { Log } from '../log.js'

/** A process that dies sooner, in milliseconds, waits as long before it is started again. */
const PAUSE = 1000

/**
 * Runs `count` processes of this program that take calls on one port, until this one is asked to stop. One that dies is
 * started again; if the first one cannot start, nothing does, and its exit code is given.
 */
export async function runProcesses(count: number, log: Log): Promise<number> {
  let isStopping = false
  let isUp = false
  let exit = 0
  const stop = () => {
    isStopping = true
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGTERM')
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop)

  return new Promise((done) => {
    const start = () => {
      const started = Date.now()
      const worker = cluster.fork()
      worker.once('exit', (code, signal) => {
        if (isStopping || !isUp) {
          if (!isUp) exit = code ?? 1
          if (others(worker).length === 0) done(isStopping ? 0 : exit)
          return
        }
        log.error({ code, signal }, 'a process died and is started again')
        setTimeout(start, Date.now() - started < PAUSE ? PAUSE : 0)
      })
      // The first one migrates and fills; the others find it done.
      worker.once('listening', () => {
        if (isUp) return
        isUp = true
        for (let more = 1; more < count && !isStopping; more++) start()
      })
    }
    start()
  })
}

function others(than: Worker): Worker[] {
  return Object.values(cluster.workers ?? {}).filter(
    (worker) => worker !== undefined && worker !== than,
  ) as Worker[]
}
