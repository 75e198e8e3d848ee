import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import pg from 'pg'
import { insertion, list, one, SERVICES } from './baseline-sql.js'
import { CONNECTIONS } from './setting.js'

/**
 * The server one would write by hand in an afternoon: node:http, pg, SQL, row objects and JSON.stringify. It checks no
 * rule of the standard. Environment: PORT, DATABASE_URL.
 */
const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: CONNECTIONS,
  statement_timeout: 10_000,
  application_name: 'baseline',
})

type Row = Record<string, unknown>

createServer((call, answer) => {
  handle(call, answer).catch((error) => answer.writeHead(500).end(String(error)))
}).listen(Number(process.env.PORT), '127.0.0.1')

async function handle(call: IncomingMessage, answer: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(call.url!, 'http://localhost')
  const format = pathname.endsWith('.xml') ? 'xml' : 'json'
  const path = pathname.slice(0, -format.length - 1)
  if (path === '/services') {
    const { rows } = await pool.query(SERVICES)
    write(answer, format, 'services', 'service', rows)
  } else if (call.method === 'POST') {
    const { rows } = await pool.query(insertion(new URLSearchParams(await bodyOf(call))))
    write(answer, format, 'service_requests', 'request', rows)
  } else {
    const id = /^\/requests\/(.+)$/.exec(path)?.[1]
    const { rows } = await pool.query(id ? one(decodeURIComponent(id)) : list(searchParams))
    write(answer, format, 'service_requests', 'request', rows)
  }
}

async function bodyOf(call: IncomingMessage): Promise<string> {
  let body = ''
  for await (const chunk of call) body += chunk
  return body
}

function write(answer: ServerResponse, format: string, root: string, item: string, rows: Row[]): void {
  const body = format === 'json' ? JSON.stringify(rows) : xml(root, item, rows)
  answer.writeHead(200, {
    'content-type': format === 'json' ? 'application/json; charset=utf-8' : 'text/xml; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  })
  answer.end(body)
}

function xml(root: string, item: string, rows: Row[]): string {
  let text = `<?xml version="1.0" encoding="utf-8"?>\n<${root}>`
  for (const row of rows) {
    text += `<${item}>`
    for (const name in row) text += `<${name}>${escaped(row[name])}</${name}>`
    text += `</${item}>`
  }
  return `${text}</${root}>`
}

function escaped(value: unknown): string {
  if (value === null) return ''
  if (value instanceof Date) return value.toISOString()
  return String(value).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}
