import cluster from 'node:cluster'
import type { Log } from '../log.js'

/** A process that dies sooner, in milliseconds, waits as long before it is started again. */
const RESTART_DELAY_MS = 1000

/**
 * Runs `count` processes of this program that take calls on one port, until this one is asked to stop. One that dies is
 * started again; if the first one cannot start, nothing does, and its exit code is given.
 */
export function runProcesses(count: number, log: Log): Promise<number> {
  let isStopping = false
  let isUp = false
  const waiting = new Set<NodeJS.Timeout>()

  return new Promise((done) => {
    const running = () => Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)

    const stop = () => {
      isStopping = true
      for (const timer of waiting) clearTimeout(timer)
      for (const worker of running()) worker.process.kill('SIGTERM')
      if (running().length === 0) done(0)
    }

    const start = () => {
      if (isStopping) return
      const started = Date.now()
      const worker = cluster.fork()
      worker.once('exit', (code, signal) => {
        const isLast = running().every((each) => each === worker)
        if (isStopping) return isLast ? done(0) : undefined
        if (!isUp) return done(code ?? 1)
        log.error({ code, signal }, 'a process died and is started again')
        const timer = setTimeout(
          () => {
            waiting.delete(timer)
            start()
          },
          Date.now() - started < RESTART_DELAY_MS ? RESTART_DELAY_MS : 0,
        )
        waiting.add(timer)
        return undefined
      })
      // The first one migrates and fills; the others find it done.
      worker.once('listening', () => {
        if (isUp) return
        isUp = true
        for (let more = 1; more < count; more++) start()
      })
    }

    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop)
    start()
  })
}
