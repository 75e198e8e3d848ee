import Fastify, { type FastifyReply } from 'fastify'
import pg from 'pg'
import { buildInsert, buildListQuery, SERVICES, selectById } from './baseline-sql.js'
import { CONNECTIONS } from './options.js'

/**
 * The hand-written server: Fastify, pg, SQL, row objects and JSON.stringify. It checks no rule of the
 * standard. Environment: PORT, DATABASE_URL.
 */
const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: CONNECTIONS,
  statement_timeout: 10_000,
  application_name: 'baseline',
})

type Row = Record<string, unknown>

const server = Fastify()

server.addContentTypeParser(
  'application/x-www-form-urlencoded',
  { parseAs: 'string' },
  async (_: unknown, body: string) => new URLSearchParams(body),
)

for (const format of ['json', 'xml'] as const) {
  server.get(`/services.${format}`, async (_, reply) =>
    sendRows(reply, format, 'services', 'service', (await pool.query(SERVICES)).rows),
  )
  server.get(`/requests.${format}`, async (request, reply) => {
    const args = new URLSearchParams(request.query as Record<string, string>)
    const { rows } = await pool.query(buildListQuery(args))
    return sendRows(reply, format, 'service_requests', 'request', rows)
  })
  server.get<{ Params: { id: string } }>(`/requests/:id.${format}`, async (request, reply) => {
    const { rows } = await pool.query(selectById(request.params.id))
    return sendRows(reply, format, 'service_requests', 'request', rows)
  })
  server.post(`/requests.${format}`, async (request, reply) => {
    const { rows } = await pool.query(buildInsert(request.body as URLSearchParams))
    return sendRows(reply, format, 'service_requests', 'request', rows)
  })
}

await server.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })

function sendRows(
  reply: FastifyReply,
  format: 'json' | 'xml',
  root: string,
  item: string,
  rows: Row[],
): FastifyReply {
  const body = format === 'json' ? JSON.stringify(rows) : formatXml(root, item, rows)
  return reply
    .type(format === 'json' ? 'application/json; charset=utf-8' : 'text/xml; charset=utf-8')
    .send(body)
}

function formatXml(root: string, item: string, rows: Row[]): string {
  let text = `<?xml version="1.0" encoding="utf-8"?>\n<${root}>`
  for (const row of rows) {
    text += `<${item}>`
    for (const name in row) text += `<${name}>${escapeXml(row[name])}</${name}>`
    text += `</${item}>`
  }
  return `${text}</${root}>`
}

function escapeXml(value: unknown): string {
  if (value === null) return ''
  if (value instanceof Date) return value.toISOString()
  return String(value).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}
