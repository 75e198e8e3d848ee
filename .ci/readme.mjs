// Executes every command of README.md, in order, as a reader would, and holds the answers of its curls against the text.
// Servers started by it run until the next one starts. PostgreSQL is that of TEST_DATABASE_URL.
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const blocks = [...readFileSync('README.md', 'utf8').matchAll(/^```(sh|json|xml)\n(.*?)\n```$/gms)].map(([, kind, text]) => ({ kind, text }))
const database = `readme_${process.pid}`
const address = new URL(process.env.TEST_DATABASE_URL)
address.pathname = `/${database}`

// Datetimes differ from run to run.
const masked = (text) => text.trim().replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, 'DATETIME')
const psql = (sql) => spawnSync('psql', ['-q', process.env.TEST_DATABASE_URL, '-c', sql], { stdio: 'inherit' })

let server = null
function stopServer() {
  if (!server) return Promise.resolve()
  const ended = new Promise((done) => server.once('exit', done))
  process.kill(-server.pid)
  server = null
  return ended
}

async function startServer(command) {
  await stopServer()
  const started = performance.now()
  server = spawn('bash', ['-c', command], { detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
  await new Promise((done, fail) => {
    server.once('exit', () => fail(new Error(`${command}: ended`)))
    server.stderr.on('data', (chunk) => {
      process.stderr.write(chunk)
      if (String(chunk).includes('is listening')) done()
    })
  })
  server.removeAllListeners('exit')
  console.log(`  listening after ${((performance.now() - started) / 1000).toFixed(1)} s`)
}

async function run(command, isShown) {
  console.log(`$ ${command}`)
  const real = command
    .replaceAll('postgres://USER:PASSWORD@HOST/DATABASE', address.href)
    // The whole suite holds the quick one; one file shows that the command works.
    .replace(/^npm test$/, 'npm test -- test/config.test.ts && npm run test:all')
  if (/npm start$/.test(real)) return startServer(real)
  const isCurl = real.startsWith('curl ')
  const { status, stdout } = spawnSync('bash', ['-c', isCurl ? `${real} -sS${isShown ? '' : 'f'}` : real], {
    stdio: ['ignore', isCurl ? 'pipe' : 'inherit', 'inherit'],
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${command}: exit ${status}`)
  return stdout
}

let status = 0
try {
  psql(`create database ${database}`)
  for (const [index, { kind, text }] of blocks.entries()) {
    if (kind !== 'sh') continue
    // The demonstration city again, for what follows the part about PostgreSQL.
    if (text.includes('npm run conformance')) await startServer('npm start')
    let answer
    const wanted = blocks[index + 1]
    // An answer that the text does not show has to be one all the same.
    const isShown = wanted !== undefined && wanted.kind !== 'sh'
    for (const command of text.split('\n')) answer = await run(command, isShown)
    if (isShown && masked(answer) !== masked(wanted.text)) throw new Error(`README says\n${wanted.text}\nbut the answer is\n${answer}`)
  }
} catch (error) {
  console.error(error.message)
  status = 1
}
await stopServer()
psql(`drop database if exists ${database} with (force)`)
process.exitCode = status
