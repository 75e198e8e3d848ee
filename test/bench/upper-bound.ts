import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { sql } from 'kysely'
import pg from 'pg'
import { queryBuilder } from '../../src/store/database/database.js'
import { openPostgres } from '../../src/store/database/postgres.js'
import { PreparedStatement } from '../../src/store/database/prepared-statement.js'
import { CONNECTIONS } from './options.js'

/**
 * Upper bounds for any server on node:http. `/buffer/SIZE` sends a ready buffer of SIZE bytes. `/stack`
 * runs `select 1` through the libraries of georeport, `/select1` through pg only. Environment: PORT,
 * DATABASE_URL.
 */
const buffers = new Map<string, Buffer>()
const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: CONNECTIONS,
  application_name: 'upper-bound',
})

const { store } = openPostgres({
  url: process.env.DATABASE_URL!,
  maxConnections: CONNECTIONS,
  statementTimeoutMs: 10_000,
  onError: () => {},
})
const selectOne = new PreparedStatement(queryBuilder.selectNoFrom(sql.lit(1).as('one')))
const app = new Hono().get('/stack', async (context) => context.json(await selectOne.run(store, null)))
const appListener = getRequestListener(app.fetch)

createServer((request, response) => {
  const path = request.url!
  if (path === '/stack') return void appListener(request, response)
  if (path === '/select1') {
    pool.query('select 1 as one').then(
      ({ rows }) => response.end(JSON.stringify(rows)),
      (error) => response.writeHead(500).end(String(error)),
    )
    return
  }
  let buffer = buffers.get(path)
  if (!buffer) {
    buffer = Buffer.alloc(Number(path.slice('/buffer/'.length)) || 0, 'x')
    buffers.set(path, buffer)
  }
  response.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': buffer.length,
  })
  response.end(buffer)
}).listen(Number(process.env.PORT), '127.0.0.1')
