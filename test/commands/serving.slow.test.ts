import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  georeport,
  type ServerProcess,
  type Storage,
  startServer,
  storages,
} from '../harness/server-process.js'

const HARBOURVIEW = 'jurisdiction_id=harbourview.example'
const REPORTER = {
  email: 'planted-mail@mail.example',
  first_name: 'Plantedfirst',
  last_name: 'Plantedlast',
  phone: '+1 555 0142 777',
  device_id: 'planted-device-77',
  account_id: 'planted-account-77',
}

describe.each(storages)('a server on $kind', ({ create }) => {
  let storage: Storage
  let served: ServerProcess
  let key: string
  const run = (...argv: string[]) => georeport(served.environment, ...argv)
  const read = async (path: string) => (await fetch(`${served.origin}${path}`)).text()
  const file = (args: Record<string, string> = {}) =>
    fetch(`${served.origin}/open311/v2/requests.json`, {
      method: 'POST',
      body: new URLSearchParams({
        api_key: key,
        jurisdiction_id: 'harbourview.example',
        service_code: 'POTHOLE',
        address_string: 'Quay 1',
        ...args,
      }),
    })

  beforeAll(async () => {
    storage = await create()
    served = await startServer(storage, {
      DEMO: 'false',
      LOG_LEVEL: 'debug',
      MAX_BODY_BYTES: '20000',
      MAX_HEADER_BYTES: '8192',
      IDLE_TIMEOUT: '1500',
    })
    await run('load', 'fixtures/two-towns')
    key = (await run('keys', 'create', '--name', 'app')).out
  })
  afterAll(async () => {
    await served?.stop()
    await storage?.remove()
  })

  test('a key works at once, is never listed in plain text, and stops working when it is revoked', async () => {
    expect(key).toMatch(/^[0-9a-f]{40}$/)
    // The server loads the key a moment after the command has ended.
    await expect.poll(async () => (await file()).status, { timeout: 10_000 }).toBe(200)
    const { out } = await run('keys', 'list')
    expect(out).toMatch(/^1\tapp\t\*\treport\t\S+Z/m)
    expect(out).not.toContain(key)
    const limited = (await run('keys', 'create', '--name', 'mill', '--jurisdiction', 'millfield.example')).out
    expect((await file({ api_key: limited })).status).toBe(403)
    expect(await run('keys', 'revoke', '2')).toMatchObject({ exit: 0, out: '' })
    expect(await run('keys', 'revoke', '2')).toMatchObject({ exit: 1 })
    expect((await file({ api_key: limited, jurisdiction_id: 'millfield.example' })).status).toBe(403)
  })

  test('commands return exit codes, and write results to stdout and messages to stderr', async () => {
    expect(await run('keys', 'create')).toMatchObject({
      exit: 2,
      out: '',
      messages: expect.stringContaining('--name'),
    })
    expect(await run('nonsense')).toMatchObject({ exit: 2, out: '' })
    expect(await run('keys', 'create', '--name', 'x', '--scope', 'rule')).toMatchObject({ exit: 2, out: '' })
    expect(await run('keys', 'create', '--name', 'x', '--jurisdiction', 'y')).toMatchObject({
      exit: 1,
      out: '',
    })
    expect(await run('load', 'fixtures/odd/faults')).toMatchObject({
      exit: 1,
      out: '',
      messages: expect.stringContaining('time_zone'),
    })
    expect(await run('check', 'fixtures/rivertown')).toMatchObject({
      exit: 0,
      out: expect.stringContaining('no errors'),
    })
    expect(await run('tokens', 'resolve', 'none')).toMatchObject({ exit: 1, out: '' })
    expect(await run('migrate')).toMatchObject({ exit: 0, out: expect.stringContaining('0001-catalog.sql') })
    const imported = await run('import', 'csv', 'test/import/odd.csv', '--jurisdiction', 'millfield.example')
    expect(imported).toMatchObject({ exit: 3, out: '4 new, 0 changed, 0 unchanged, 4 refused' })
    expect(imported.messages).toContain('line 7: requested_datetime is missing or not a date-time')
    const rejects = ['--rejects', '/nowhere/at/all.csv']
    const sample = ['import', 'csv', 'test/import/sample.csv', '--jurisdiction', 'millfield.example']
    expect(await run(...sample, ...rejects)).toMatchObject({
      exit: 1,
      messages: expect.stringContaining('cannot be written'),
    })
    expect(await run('unload', 'millfield.example')).toMatchObject({
      exit: 1,
      messages: expect.stringContaining('4 service requests'),
    })
    expect(await run('sql', 'select 1 as one')).toMatchObject({ exit: 0, out: '{"one":1}' })
    expect(await run('import', 'csv', 'nowhere.csv', '--jurisdiction', 'millfield.example')).toMatchObject({
      exit: 1,
    })
    expect(await run('import', 'csv', 'README.md', '--jurisdiction', 'millfield.example')).toMatchObject({
      exit: 1,
    })
  })

  test('GR-TOK-02 the command tokens resolve gives a batch service request its id', async () => {
    const [{ token }] = (await (await file({ service_code: 'FERRY' })).json()) as [{ token: string }]
    expect((await run('tokens', 'list')).out).toContain(`${token}\tharbourview.example\tproduction\tFERRY\t`)
    const { out } = await run('tokens', 'resolve', token)
    expect(await read(`/open311/v2/tokens/${token}.json?${HARBOURVIEW}`)).toBe(
      JSON.stringify([{ service_request_id: out, token }]),
    )
    expect((await run('tokens', 'resolve', token)).out).toBe(out)
  })

  test('DISC-07 a loaded jurisdiction is served at once and advances the changeset', async () => {
    const changeset = async () =>
      JSON.parse(await read('/open311/discovery.json')).endpoints[0].changeset as string
    const before = await changeset()
    expect((await run('load', 'fixtures/rivertown')).out).toMatch(/^rivertown\.example: \d+ services added/)
    for (let tries = 0; tries < 50 && (await changeset()) === before; tries++)
      await new Promise((done) => setTimeout(done, 20))
    expect((await changeset()) > before).toBe(true)
    expect(await read('/open311/v2/services.xml?jurisdiction_id=rivertown.example')).toContain(
      '<service_code>POTHOLE</service_code>',
    )
  })

  test('GR-POST-10 A-55 personal data of a reporter is in no response, log or error message', async () => {
    const planted = { ...REPORTER, 'attribute[PHONE]': '555 0199 planted' }
    const response = await file(planted)
    const [{ service_request_id }] = (await response.json()) as [{ service_request_id: string }]
    await file({
      ...planted,
      lat: '999',
      long: '999',
      first_name: `${REPORTER.first_name}${'x'.repeat(1100)}`,
    })
    await file({ ...planted, api_key: 'wrong' })
    await fetch(
      `${served.origin}/open311/v2/requests.xml?${HARBOURVIEW}&${new URLSearchParams({ ...planted, start_date: planted.email })}`,
    )
    const paths = [
      `requests.xml`,
      `requests.json`,
      `requests/${service_request_id}.xml`,
      `requests/${service_request_id}.json`,
    ]
    const texts = [served.log()]
    for (const path of paths) texts.push(await read(`/open311/v2/${path}?${HARBOURVIEW}`))
    expect(texts[1]).toContain(service_request_id)
    for (const secret of [...Object.values(planted), key])
      for (const text of texts) expect(text).not.toContain(secret)
  })

  test('GR-ERR-10 a malformed HTTP request is refused with an XML error document', async () => {
    const sendRaw = (text: string) =>
      new Promise<string>((done) => {
        let received = ''
        const socket = connect(Number(new URL(served.origin).port), '127.0.0.1', () => socket.write(text))
        socket.on('data', (chunk) => {
          received += chunk
        })
        socket.on('close', () => done(received))
        socket.on('error', () => done(received))
      })
    const long = `GET /open311/v2/requests.xml?x=${'x'.repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`
    for (const text of [
      'nonsense\r\n\r\n',
      long,
      'GET /open311/v2/services.xml HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n',
    ]) {
      const response = await sendRaw(text)
      expect(response).toMatch(/^HTTP\/1\.1 400 /)
      expect(response).toContain('<errors><error><code>400</code><description>')
    }
  })

  test('an idle connection is closed', async () => {
    const socket = connect(Number(new URL(served.origin).port), '127.0.0.1')
    const cut = new Promise((done) => socket.once('close', done))
    socket.resume()
    await cut
    expect(await read('/healthz')).toBe('{"status":"alive"}')
  })

  test('A-11 a body that is too long is refused in the requested format, with and without Content-Length', async () => {
    const url = `${served.origin}/open311/v2/requests.json`
    const sized = await fetch(url, { method: 'POST', body: 'x'.repeat(30_000) })
    const streamed = await fetch(url, {
      method: 'POST',
      body: Readable.from(Array(30).fill(Buffer.alloc(1000, 'x'))),
      duplex: 'half',
    } as unknown as RequestInit)
    for (const response of [sized, streamed]) {
      expect(response.status).toBe(413)
      expect(await response.json()).toEqual([{ code: 413, description: expect.stringContaining('20000') }])
    }
    expect((await file()).status).toBe(200)
  })

  test('reports alive and ready, and logs requests as JSON lines with an id', async () => {
    expect(await read('/healthz')).toBe('{"status":"alive"}')
    expect(await read('/readyz')).toBe('{"status":"ready"}')
    const response = await fetch(`${served.origin}/open311/v2/services.xml?${HARBOURVIEW}`)
    const find = () =>
      served
        .log()
        .split('\n')
        .find((each) => each.includes(response.headers.get('x-request-id')!))
    while (!find()) await new Promise((done) => setTimeout(done, 10))
    expect(JSON.parse(find()!)).toMatchObject({
      operation: 'GET services',
      status: 200,
      format: 'xml',
      jurisdiction_id: 'harbourview.example',
    })
  })
})
