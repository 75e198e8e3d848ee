import { type ChildProcess, fork, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { freePort, serveOn } from '../harness/server-process.js'
import type { City } from './data.js'
import type { Done, Job } from './load.js'
import { CONNECTIONS, NODE_OPTIONS } from './setting.js'

/** A server under measurement: a process of its own. */
export interface Server {
  name: 'georeport' | 'baseline' | 'ceiling'
  port: number
  pid: number
  /** Which database its sessions are in. */
  city: City
  stop(): Promise<void>
}

/** `georeport serve`, as a user would start it. Lists may span ten years, so that every case can be asked. */
export async function startGeoreport(city: City, processes = 1): Promise<Server> {
  const storage = {
    kind: 'postgres',
    environment: { DATABASE_URL: city.url },
    remove: async () => {},
  } as const
  const served = await serveOn(storage, {
    LOG_LEVEL: 'error',
    LIST_MAX_DAYS: '3700',
    PROCESSES: String(processes),
    DATABASE_CONNECTIONS: String(CONNECTIONS),
    NODE_OPTIONS,
  })
  endWithUs(served.process)
  served.process.stderr!.on('data', (text) => process.stderr.write(text))
  const port = Number(new URL(served.origin).port)
  return { name: 'georeport', port, pid: served.process.pid!, city, stop: () => served.stop() }
}

/** A server of this folder: `baseline.ts` or `ceiling.ts`. */
export async function startOwn(name: 'baseline' | 'ceiling', city: City): Promise<Server> {
  const port = await freePort()
  const child = spawn(process.execPath, ['--import', 'tsx', fileOf(name)], {
    env: { ...process.env, NODE_OPTIONS, PORT: String(port), DATABASE_URL: city.url },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  endWithUs(child)
  for (let tries = 0; ; tries++) {
    const answer = await fetch(
      `http://127.0.0.1:${port}/${name === 'ceiling' ? 'select1' : 'services.json'}`,
    ).catch(() => null)
    if (answer?.ok) break
    if (child.exitCode !== null || tries > 200) throw new Error(`${name}.ts did not start`)
    await new Promise((done) => setTimeout(done, 50))
  }
  return { name, port, pid: child.pid!, city, stop: () => ended(child) }
}

/** Whatever ends this process ends the child too. */
function endWithUs(child: ChildProcess): void {
  process.on('exit', () => child.kill())
}

function fileOf(name: string): string {
  return fileURLToPath(new URL(`${name}.ts`, import.meta.url))
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((done) => {
    child.once('exit', () => done())
    child.kill()
  })
}

/** The load generator. */
export interface Load {
  run(job: Job): Promise<Done>
  stop(): Promise<void>
}

export function startLoad(): Load {
  const child = fork(fileOf('load'), { execArgv: ['--import', 'tsx'] })
  endWithUs(child)
  return {
    run: (job) =>
      new Promise((done, fail) => {
        const onExit = () => fail(new Error('the load generator ended'))
        child.once('exit', onExit)
        child.once('message', (told: Done | { fault: string }) => {
          child.off('exit', onExit)
          if ('fault' in told) fail(new Error(told.fault))
          else done(told)
        })
        child.send(job, (error) => error && fail(error))
      }),
    stop: () => ended(child),
  }
}
