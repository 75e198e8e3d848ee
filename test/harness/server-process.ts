import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const MAIN = join(ROOT, 'dist/main.js')

/** Storage for a server: its environment variables, and its removal. */
export interface Storage {
  kind: 'embedded' | 'postgres'
  environment: Record<string, string>
  remove(): Promise<void>
}

/** A server in its own process, as a user would start it. */
export interface ServerProcess {
  storage: Storage
  origin: string
  environment: Record<string, string>
  process: ChildProcess
  /** Milliseconds from start to first response. */
  startupMs: number
  /** The log so far. */
  log(): string
  stop(signal?: NodeJS.Signals): Promise<void>
}

export async function createEmbeddedStorage(): Promise<Storage> {
  const directory = await mkdtemp(join(tmpdir(), 'georeport-'))
  return {
    kind: 'embedded',
    environment: { DATA_DIR: directory, DATABASE_URL: '' },
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}

/** A new, empty database on the server of TEST_DATABASE_URL. */
export async function createPostgresStorage(): Promise<Storage> {
  const server = process.env.TEST_DATABASE_URL!
  const name = `georeport_test_${process.pid}_${Math.random().toString(36).slice(2, 10)}`
  const url = new URL(server)
  url.pathname = `/${name}`
  await runOnPostgres(`create database ${name}`)
  // The data directory holds pictures.
  const directory = await mkdtemp(join(tmpdir(), 'georeport-'))
  return {
    kind: 'postgres',
    environment: { DATABASE_URL: url.href, DATA_DIR: directory },
    remove: async () => {
      await runOnPostgres(`drop database if exists ${name} with (force)`)
      await rm(directory, { recursive: true, force: true })
    },
  }
}

export async function runOnPostgres(sql: string): Promise<void> {
  const client = new pg.Client(process.env.TEST_DATABASE_URL)
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

/** The databases of this run: embedded always, PostgreSQL if TEST_DATABASE_URL is set. */
export const storages: readonly { kind: Storage['kind']; create(): Promise<Storage> }[] = [
  { kind: 'embedded', create: createEmbeddedStorage },
  ...(process.env.TEST_DATABASE_URL ? [{ kind: 'postgres' as const, create: createPostgresStorage }] : []),
]

export async function findFreePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => done(port))
    })
  })
}

function buildEnvironment(storage: Storage, extra: Record<string, string>): Record<string, string> {
  // LD_PRELOAD and FAKETIME… give programs the same clock as the tests (.ci/any-day).
  const inherited = Object.entries(process.env).filter(([name]) =>
    /^(PATH|HOME|TMPDIR|XDG_CACHE_HOME|LD_PRELOAD|FAKETIME.*)$/.test(name),
  )
  return { ...(Object.fromEntries(inherited) as Record<string, string>), ...storage.environment, ...extra }
}

/** Starts `georeport serve` without waiting until it is ready. */
export function spawnServer(storage: Storage, environment = buildEnvironment(storage, { PORT: '0' })) {
  return spawn(process.execPath, [MAIN, 'serve'], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Starts `georeport serve` and waits until it is ready. */
export async function startServer(
  storage: Storage,
  extra: Record<string, string> = {},
): Promise<ServerProcess> {
  const port = await findFreePort()
  const origin = `http://127.0.0.1:${port}`
  const environment = buildEnvironment(storage, { PORT: String(port), ...extra })
  const started = performance.now()
  const child = spawnServer(storage, environment)
  let log = ''
  let messages = ''
  child.stdout.on('data', (chunk) => {
    log += chunk
  })
  child.stderr.on('data', (chunk) => {
    messages += chunk
  })
  const ended = new Promise<void>((done) => child.once('exit', () => done()))
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`the server did not start (${child.exitCode ?? child.signalCode}): ${messages}`)
    const response = await fetch(`${origin}/readyz`).catch(() => null)
    if (response?.ok) break
    await new Promise((done) => setTimeout(done, 50))
  }
  return {
    storage,
    origin,
    environment,
    process: child,
    startupMs: performance.now() - started,
    log: () => log,
    stop: async (signal = 'SIGTERM') => {
      child.kill(signal)
      await ended
    },
  }
}

/** Runs a command; returns stdout as `out`, stderr as `messages`, and the exit code. */
export async function georeport(
  environment: Record<string, string>,
  ...argv: string[]
): Promise<{ out: string; messages: string; exit: number }> {
  const options = { env: environment, maxBuffer: 1e8, cwd: ROOT }
  return promisify(execFile)(process.execPath, [MAIN, ...argv], options).then(
    ({ stdout, stderr }) => ({ out: stdout.trim(), messages: stderr.trim(), exit: 0 }),
    (error) => ({
      out: String(error.stdout).trim(),
      messages: String(error.stderr).trim(),
      exit: error.code as number,
    }),
  )
}

/** The environment of a command on `storage` without a server. */
export function buildCommandEnvironment(
  storage: Storage,
  extra: Record<string, string> = {},
): Record<string, string> {
  return buildEnvironment(storage, extra)
}
