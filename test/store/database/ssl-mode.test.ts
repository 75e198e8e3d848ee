import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext, TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { openDatabase } from '../../../src/store/database/open-database.js'
import { openPostgres } from '../../../src/store/database/postgres.js'
import { readSslMode } from '../../../src/store/database/ssl-mode.js'
import { findFreePort } from '../../harness/server-process.js'

const SERVER = process.env.TEST_DATABASE_URL

const withMode = (url: string, mode: string) => `${url}${url.includes('?') ? '&' : '?'}sslmode=${mode}`

const open = (url: string) =>
  openPostgres({ url, maxConnections: 2, statementTimeoutMs: 5000, onError: () => {} })

test.each([
  ['postgres://h/d?sslmode=prefer', 'postgres://h/d'],
  ['postgres://h/d?sslmode=allow&application_name=x', 'postgres://h/d?application_name=x'],
  ['postgres://h/d?application_name=x&sslmode=prefer', 'postgres://h/d?application_name=x'],
  ['postgres://h/d?sslmode=require', 'postgres://h/d?sslmode=require'],
  ['postgres://h/d', 'postgres://h/d'],
])('the driver gets %s as %s', (url, expected) => {
  expect(readSslMode(url).url).toBe(expected)
})

test('prefer tries TLS first and remembers what worked; other errors are not retried', async () => {
  const { connect } = readSslMode('postgres://h/d?sslmode=prefer')
  const tried: unknown[] = []
  const plainOnly = async ({ ssl }: { ssl?: unknown }) => {
    tried.push(ssl)
    if (ssl) throw new Error('The server does not support SSL connections')
    return 'connected'
  }
  expect(await connect(plainOnly)).toBe('connected')
  expect(await connect(plainOnly)).toBe('connected')
  expect(tried).toEqual([{ rejectUnauthorized: false }, false, false])
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  tried.length = 0
  const failing = async ({ ssl }: { ssl?: unknown }) => {
    tried.push(ssl)
    throw refused
  }
  await expect(connect(failing)).rejects.toBe(refused)
  expect(tried).toEqual([false])
})

test.skipIf(!SERVER).each(['disable', 'allow', 'prefer'])(
  'sslmode=%s connects, queries and listens without TLS on the server',
  async (mode) => {
    const database = open(withMode(SERVER!, mode))
    let notified = 0
    await database.listen('ssl_mode', () => {
      notified++
    })
    await sql`select pg_notify('ssl_mode', '')`.execute(database.store)
    await expect.poll(() => notified).toBe(1)
    await database.close()
  },
)

test.skipIf(!SERVER)('sslmode=prefer uses TLS where the server has it', async ({ skip }) => {
  const proxy = await startTlsProxy().catch(() => skip('openssl is missing'))
  const database = open(withMode(proxy.url, 'prefer'))
  const { rows } = await sql`select 1 as one`.execute(database.store)
  expect(rows).toEqual([{ one: 1 }])
  expect(proxy.encrypted()).toBe(1)
  await database.close()
  proxy.close()
})

test.each(['localhost', '127.0.0.1'])('a server on %s that cannot be reached is one line', async (host) => {
  const port = await findFreePort()
  const failing = openDatabase({
    url: `postgres://me:planted@${host}:${port}/d`,
    maxConnections: 1,
    statementTimeoutMs: 1000,
    directory: '',
    cacheDirectory: '',
    onProgress: () => {},
    onError: () => {},
  })
  const error = await failing.catch((reason: Error) => reason)
  expect((error as Error).message).toMatch(/^cannot connect to PostgreSQL: connect ECONNREFUSED .*[^\n]$/)
  expect((error as Error).message).not.toContain('planted')
})

/** A server with TLS in front of TEST_DATABASE_URL. */
async function startTlsProxy() {
  const folder = await mkdtemp(join(tmpdir(), 'tls-'))
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')]
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost']
  await promisify(execFile)('openssl', [...request, '-keyout', key, '-out', cert])
  const secureContext = createSecureContext({ key: await readFile(key), cert: await readFile(cert) })
  await rm(folder, { recursive: true })
  const target = new URL(SERVER!)
  let count = 0
  const server = createServer((socket) => {
    socket.on('error', () => {})
    // The first message is SSLRequest.
    socket.once('data', () => {
      socket.write('S')
      count++
      const secure = new TLSSocket(socket, { isServer: true, secureContext })
      const upstream = connect(Number(target.port || 5432), target.hostname)
      for (const each of [secure, upstream]) each.on('error', () => {})
      secure.pipe(upstream).pipe(secure)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(SERVER!)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url: url.href, encrypted: () => count, close: () => server.close() }
}
