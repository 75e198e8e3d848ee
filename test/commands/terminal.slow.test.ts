import { execFile, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildCommandEnvironment, createEmbeddedStorage, type Storage } from '../harness/server-process.js'

const MAIN = 'dist/main.js'

describe('the command line', () => {
  let storage: Storage
  beforeAll(async () => {
    storage = await createEmbeddedStorage()
  })
  afterAll(() => storage.remove())

  /** Runs a shell pipeline in bash; `$GEOREPORT` is the program. */
  const shell = (script: string) =>
    new Promise<{ out: string; messages: string; exit: number }>((resolve) => {
      const env = { ...buildCommandEnvironment(storage), GEOREPORT: `${process.execPath} ${MAIN}` }
      execFile('bash', ['-c', script], { env }, (error, out, messages) =>
        resolve({ out, messages, exit: error ? Number(error.code) : 0 }),
      )
    })

  test.each(['check fixtures/rivertown', '--help'])(
    'ends quietly when its output is closed: %s',
    async (command) => {
      // The reader ends before the program starts to write.
      const { out, messages } = await shell(`(sleep 1; $GEOREPORT ${command}; echo "exit $?" >&2) | true`)
      expect(out).toBe('')
      expect(messages).toBe('exit 141\n')
    },
  )

  test('ends as usual when only the first lines of its output are read', async () => {
    const { out, messages } = await shell('$GEOREPORT check fixtures/rivertown | head -1')
    expect(out).toMatch(/no errors\n$/)
    expect(messages).toBe('')
  })

  test('does all of its work when its output is closed', async () => {
    const load = '(sleep 1; $GEOREPORT load fixtures/rivertown) | true'
    expect(await shell(load)).toMatchObject({ out: '', exit: 0 })
    const again = await shell('$GEOREPORT load fixtures/rivertown')
    expect(again).toMatchObject({ out: expect.stringMatching(/: no changes\n$/), exit: 0 })
  })
})

describe('a server that cannot listen', () => {
  /** Runs `georeport serve` until it ends. */
  async function serveUntilExit(port: number, user: { uid?: number; gid?: number } = {}) {
    const directory = await mkdtemp(join(tmpdir(), 'georeport-'))
    await chmod(directory, 0o777)
    const environment = buildCommandEnvironment({ kind: 'embedded', environment: {}, remove: async () => {} })
    const env = { ...environment, DATA_DIR: join(directory, 'data'), PORT: String(port), DEMO: 'false' }
    const cache = user.uid === undefined ? {} : { CACHE_DIR: join(directory, 'cache') }
    const child = spawn(process.execPath, [MAIN, 'serve'], {
      env: { ...env, ...cache },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...user,
    })
    let log = ''
    let messages = ''
    child.stdout.on('data', (chunk) => {
      log += chunk
    })
    child.stderr.on('data', (chunk) => {
      messages += chunk
    })
    const exit = await new Promise((resolve) => child.once('close', resolve))
    await rm(directory, { recursive: true, force: true })
    // The server creates the database before it listens.
    const lines = messages
      .split('\n')
      .filter((line) => line !== '' && !/^(Creating|Adding|Migrated)/.test(line))
    return { exit, log, lines }
  }

  test('says in one line that the port is in use', async () => {
    const blocker = createServer()
    await new Promise<void>((resolve) => blocker.listen(0, '127.0.0.1', resolve))
    const { port } = blocker.address() as { port: number }
    try {
      expect(await serveUntilExit(port)).toEqual({
        exit: 1,
        log: '',
        lines: [`georeport: could not listen on 127.0.0.1, port ${port}: the port is already in use`],
      })
    } finally {
      blocker.close()
    }
  })

  const FIRST_PORT_FILE = '/proc/sys/net/ipv4/ip_unprivileged_port_start'
  const firstFreePort = existsSync(FIRST_PORT_FILE) ? Number(readFileSync(FIRST_PORT_FILE, 'utf8')) : 0

  // Root may use every port, so the test of root runs the server as another user.
  test.skipIf(firstFreePort <= 80)(
    'says in one line that the port is forbidden',
    async () => {
      const user = process.getuid!() === 0 ? { uid: 65534, gid: 65534 } : {}
      expect(await serveUntilExit(80, user)).toEqual({
        exit: 1,
        log: '',
        lines: ['georeport: could not listen on 127.0.0.1, port 80: permission denied'],
      })
      // Without the cache of this user, the database is created from nothing.
    },
    600_000,
  )
})
