import { connect, createServer, type Socket } from 'node:net'
import { type Case, callsOf } from './cases.js'
import type { City } from './data.js'
import { startGeoreport } from './servers.js'

/** An SQL statement as a server sent it, with its parameters as text; null where there is none. */
export interface Statement {
  text: string
  parameters: (string | null)[]
}

/**
 * The statements of each case, overheard between georeport and PostgreSQL: so the ceiling runs the very same SQL,
 * whatever the store makes of it.
 */
export async function overhear(city: City, cases: readonly Case[]): Promise<Map<string, Statement[]>> {
  const heard: Statement[] = []
  const target = new URL(city.url)
  const proxy = createServer((client) => {
    const database = connect(Number(target.port || 5432), target.hostname)
    const listen = listener(heard)
    client.on('data', (data) => {
      listen(data)
      database.write(data)
    })
    database.pipe(client)
    const end = () => {
      client.destroy()
      database.destroy()
    }
    for (const socket of [client, database]) socket.on('close', end).on('error', end)
  })
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done))
  const url = new URL(city.url)
  url.hostname = '127.0.0.1'
  url.port = String((proxy.address() as { port: number }).port)
  const server = await startGeoreport(city, url.href)
  const statements = new Map<string, Statement[]>()
  for (const each of cases) {
    if (each.kind === 'catalog') continue
    heard.length = 0
    await send(server.port, callsOf(each, 'json', 'georeport')[0]!)
    statements.set(each.name, heard.splice(0))
  }
  await server.stop()
  proxy.close()
  return statements
}

/** Sends one call and waits for the end of its answer. */
function send(port: number, call: string): Promise<void> {
  return new Promise((done, fail) => {
    const socket: Socket = connect(port, '127.0.0.1', () => {
      socket.write(call.replace('\r\n', '\r\nconnection: close\r\n'), 'latin1')
    })
    socket.on('error', fail).on('close', () => done())
    socket.resume()
  })
}

/** Reads what a client of PostgreSQL says (protocol 3.0): Parse names a statement, Bind runs it with parameters. */
function listener(heard: Statement[]): (data: Buffer) => void {
  const texts = new Map<string, string>()
  let isStarted = false
  let unread = Buffer.alloc(0)
  return (data) => {
    unread = Buffer.concat([unread, data])
    for (;;) {
      // The first message has no type.
      const head = isStarted ? 1 : 0
      if (unread.length < head + 4) return
      const end = head + unread.readInt32BE(head)
      if (unread.length < end) return
      const [type, body] = [isStarted ? String.fromCharCode(unread[0]!) : '', unread.subarray(head + 4, end)]
      if (type === 'P') {
        const [name, text] = body.toString('utf8').split('\0') as [string, string]
        texts.set(name, text)
      }
      if (type === 'B') heard.push(bound(body, texts))
      unread = unread.subarray(end)
      isStarted = true
    }
  }
}

function bound(body: Buffer, texts: ReadonlyMap<string, string>): Statement {
  let at = 0
  const text = () => {
    const end = body.indexOf(0, at)
    const read = body.toString('utf8', at, end)
    at = end + 1
    return read
  }
  const short = () => {
    at += 2
    return body.readInt16BE(at - 2)
  }
  text() // the portal
  const name = text()
  const formats = Array.from({ length: short() }, short)
  const parameters = Array.from({ length: short() }, (_, index) => {
    const length = body.readInt32BE(at)
    at += 4
    if (length < 0) return null
    const value = body.subarray(at, at + length)
    at += length
    const isBinary = formats[formats.length === 1 ? 0 : index] === 1
    return isBinary ? `\\x${value.toString('hex')}` : value.toString('utf8')
  })
  return { text: texts.get(name) ?? '', parameters }
}
