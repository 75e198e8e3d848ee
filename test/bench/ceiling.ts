import { createServer } from 'node:http'
import pg from 'pg'
import { CONNECTIONS } from './setting.js'

/**
 * What no server on node:http can beat: `/buffer/SIZE` writes a ready buffer of that size, `/select1` asks the database
 * for nothing. Environment: PORT, DATABASE_URL.
 */
const buffers = new Map<string, Buffer>()
const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: CONNECTIONS,
  application_name: 'ceiling',
})

createServer((call, answer) => {
  const path = call.url!
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
