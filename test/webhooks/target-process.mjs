// A target as a process of its own, to be killed: node target-process.mjs PORT FILE. What it takes it writes down before it
// says so, a line each; now and then it fails.
import { appendFileSync } from 'node:fs'
import { createServer } from 'node:http'

const [port, file] = process.argv.slice(2)
let calls = 0
createServer(async (call, answer) => {
  if (call.method !== 'POST') return answer.end()
  let body = ''
  for await (const chunk of call.setEncoding('utf8')) body += chunk
  calls++
  if (calls % 7 === 0) return answer.writeHead(503).end()
  const { data } = JSON.parse(body)
  appendFileSync(file, `${data.seq} ${data.service_request_id} ${data.kind} ${call.headers['webhook-id']}\n`)
  if (calls % 11 === 0) return answer.destroy()
  return answer.writeHead(200).end()
}).listen(Number(port), '127.0.0.1')
