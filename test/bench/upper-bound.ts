import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { sql } from 'kysely'
import pg from 'pg'
import { queryBuilder } from '../../src/store/database/database.js'
import { openPostgres } from '../../src/store/database/postgres.js'
import { PreparedStatement } from '../../src/store/database/prepared-statement.js'
import { CONNECTIONS } from './setting.js'

/**
 * What no server on node:http can beat: `/buffer/SIZE` writes a ready buffer of that size, `/select1` asks the database
 * for nothing; `/stack` does so through all that georeport stands on, and `/select1` through pg alone. Environment: PORT,
 * DATABASE_URL.
 */
const buffers = new Map<string, Buffer>()
const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: CONNECTIONS,
  application_name: 'ceiling',
})

const { store } = openPostgres({
  url: process.env.DATABASE_URL!,
  connections: CONNECTIONS,
  statementTimeout: 10_000,
  onFault: () => {},
})
const one = new PreparedStatement(queryBuilder.selectNoFrom(sql.lit(1).as('one')))
const stack = new Hono().get('/stack', async (context) => context.json(await one.run(store, null)))
const toStack = getRequestListener(stack.fetch)

createServer((call, answer) => {
  const path = call.url!
  if (path === '/stack') return void toStack(call, answer)
  if (path === '/select1') {
    pool.query('select 1 as one').then(
      ({ rows }) => answer.end(JSON.stringify(rows)),
      (error) => answer.writeHead(500).end(String(error)),
    )
    return
  }
  let buffer = buffers.get(path)
  if (!buffer) {
    buffer = Buffer.alloc(Number(path.slice('/buffer/'.length)) || 0, 'x')
    buffers.set(path, buffer)
  }
  answer.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': buffer.length,
  })
  answer.end(buffer)
}).listen(Number(process.env.PORT), '127.0.0.1')
