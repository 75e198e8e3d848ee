// A webhook target in its own process, to be killed: node target-process.mjs PORT FILE. It appends a line to FILE for each
// accepted request before it responds, and fails some requests.
import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'

const [port, file] = process.argv.slice(2)
let count = 0
createServer(async (request, response) => {
  if (request.method !== 'POST') return response.end()
  let body = ''
  for await (const chunk of request.setEncoding('utf8')) body += chunk
  count++
  if (count % 7 === 0) return response.writeHead(503).end()
  const { data } = JSON.parse(body)
  appendFileSync(
    file,
    `${data.seq} ${data.service_request_id} ${data.kind} ${request.headers['webhook-id']}\n`,
  )
  if (count % 11 === 0) return response.destroy()
  return response.writeHead(200).end()
}).listen(Number(port), '127.0.0.1')
