import { type ChildProcess, fork, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { findFreePort, startServer } from '../harness/server-process.js'
import type { CityDatabase } from './city-database.js'
import type { Job, LoadResult } from './load-generator.js'
import { CONNECTIONS, NODE_OPTIONS } from './options.js'

/** A measured server, in its own process. */
export interface Server {
  /** Also the application_name of its database sessions. */
  name: 'georeport' | 'baseline' | 'upper-bound'
  port: number
  pid: number
  /** Database of the server. */
  city: CityDatabase
  stop(): Promise<void>
}

/** Starts `georeport serve`. LIST_MAX_DAYS permits lists over ten years, which some cases request. */
export async function startGeoreport(city: CityDatabase, processes = 1): Promise<Server> {
  const storage = {
    kind: 'postgres',
    environment: { DATABASE_URL: city.url },
    remove: async () => {},
  } as const
  const served = await startServer(storage, {
    LOG_LEVEL: 'error',
    LIST_MAX_DAYS: '3700',
    PROCESSES: String(processes),
    DATABASE_CONNECTIONS: String(CONNECTIONS),
    NODE_OPTIONS,
  })
  killOnExit(served.process)
  served.process.stderr!.on('data', (text) => process.stderr.write(text))
  const port = Number(new URL(served.origin).port)
  return { name: 'georeport', port, pid: served.process.pid!, city, stop: () => served.stop() }
}

/** Starts `baseline.ts` or `upper-bound.ts` and waits for its first response. */
export async function startReferenceServer(
  name: 'baseline' | 'upper-bound',
  city: CityDatabase,
): Promise<Server> {
  const port = await findFreePort()
  const child = spawn(process.execPath, ['--import', 'tsx', scriptPath(name)], {
    env: { ...process.env, NODE_OPTIONS, PORT: String(port), DATABASE_URL: city.url },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  killOnExit(child)
  for (let attempt = 0; ; attempt++) {
    const response = await fetch(
      `http://127.0.0.1:${port}/${name === 'upper-bound' ? 'select1' : 'services.json'}`,
    ).catch(() => null)
    if (response?.ok) break
    if (child.exitCode !== null || attempt > 200) throw new Error(`${name}.ts did not start`)
    await new Promise((done) => setTimeout(done, 50))
  }
  return { name, port, pid: child.pid!, city, stop: () => stopProcess(child) }
}

/** Kills the child when this process exits. */
function killOnExit(child: ChildProcess): void {
  process.on('exit', () => child.kill())
}

function scriptPath(name: string): string {
  return fileURLToPath(new URL(`${name}.ts`, import.meta.url))
}

function stopProcess(child: ChildProcess): Promise<void> {
  return new Promise((done) => {
    child.once('exit', () => done())
    child.kill()
  })
}

/** The load generator, in its own process. */
export interface LoadGenerator {
  run(job: Job): Promise<LoadResult>
  stop(): Promise<void>
}

export function startLoadGenerator(): LoadGenerator {
  const child = fork(scriptPath('load-generator'), { execArgv: ['--import', 'tsx'] })
  killOnExit(child)
  return {
    run: (job) =>
      new Promise((done, fail) => {
        const onExit = () => fail(new Error('the load generator exited'))
        child.once('exit', onExit)
        child.once('message', (message: LoadResult | { error: string }) => {
          child.off('exit', onExit)
          if ('error' in message) fail(new Error(message.error))
          else done(message)
        })
        child.send(job, (error) => error && fail(error))
      }),
    stop: () => stopProcess(child),
  }
}
