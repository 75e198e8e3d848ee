import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findFreePort } from '../harness/server-process.js'

const BIN = '/usr/lib/postgresql/15/bin'

/** A separate PostgreSQL cluster that can be killed without effect on other tests. */
export interface Cluster {
  url: string
  start(): Promise<void>
  /** Kills all of its processes with SIGKILL at once. */
  kill(): Promise<void>
  remove(): Promise<void>
}

/** Runs a command as postgres if this process is root: PostgreSQL refuses to run as root. */
function run(command: string): Promise<unknown> {
  const isRoot = process.getuid?.() === 0
  const [file, ...argv] = isRoot
    ? ['su', 'postgres', '-s', '/bin/bash', '-c', command]
    : ['bash', '-c', command]
  return promisify(execFile)(file!, argv)
}

export async function createCluster(): Promise<Cluster> {
  const folder = await mkdtemp(join(tmpdir(), 'cluster-'))
  await chmod(folder, 0o777)
  const data = join(folder, 'data')
  const port = await findFreePort()
  await run(`${BIN}/initdb -D ${data} -U postgres --auth=trust -E UTF8 --locale=C.UTF-8`)
  const start = async () => {
    const settings = `-p ${port} -k ${folder} -c listen_addresses=127.0.0.1`
    for (let attempt = 1; ; attempt++) {
      try {
        await run(`${BIN}/pg_ctl start -w -D ${data} -l ${folder}/log -o '${settings}'`)
        return
      } catch (error) {
        // Killed processes may hold their shared memory for a moment.
        if (attempt === 20) throw error
        await new Promise((done) => setTimeout(done, 250))
      }
    }
  }
  const kill = async () => {
    const [pid] = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n')
    await run(`kill -9 ${pid} $(pgrep -P ${pid})`).catch(() => {})
  }
  await start()
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    start,
    kill,
    remove: async () => {
      await run(`${BIN}/pg_ctl stop -m immediate -D ${data}`).catch(() => {})
      await rm(folder, { recursive: true, force: true })
    },
  }
}
