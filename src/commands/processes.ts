import cluster from 'node:cluster'
import type { Log } from '../log.js'

/** Delay before a restart of a process that died within this time after its start. */
const RESTART_DELAY_MS = 1000

/**
 * Runs `count` server processes on one port until this process gets SIGTERM or SIGINT. A process that dies is restarted. If the
 * first one cannot start, returns its exit code and starts no other.
 */
export function runProcesses(count: number, log: Log): Promise<number> {
  let isStopping = false
  let isUp = false
  const restartTimers = new Set<NodeJS.Timeout>()

  return new Promise((resolve) => {
    const running = () => Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)

    const stop = () => {
      isStopping = true
      for (const timer of restartTimers) clearTimeout(timer)
      for (const worker of running()) worker.process.kill('SIGTERM')
      if (running().length === 0) resolve(0)
    }

    const start = () => {
      if (isStopping) return
      const started = Date.now()
      const worker = cluster.fork()
      worker.once('exit', (code, signal) => {
        const isLast = running().every((each) => each === worker)
        if (isStopping) return isLast ? resolve(0) : undefined
        if (!isUp) return resolve(code ?? 1)
        log.error({ code, signal }, 'a process died and will be restarted')
        const timer = setTimeout(
          () => {
            restartTimers.delete(timer)
            start()
          },
          Date.now() - started < RESTART_DELAY_MS ? RESTART_DELAY_MS : 0,
        )
        restartTimers.add(timer)
        return undefined
      })
      // The first process migrates the database and loads the demonstration city before the others start.
      worker.once('listening', () => {
        if (isUp) return
        isUp = true
        for (let index = 1; index < count; index++) start()
      })
    }

    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop)
    start()
  })
}
