import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { findFreePort } from '../harness/server-process.js'

const TARGET = fileURLToPath(new URL('target-process.mjs', import.meta.url))

/** A target that can be killed and started again; it writes accepted requests to a file. */
export async function createKillableTarget() {
  const folder = await mkdtemp(join(tmpdir(), 'target-'))
  const file = join(folder, 'accepted')
  const port = await findFreePort()
  let child: ChildProcess
  const start = async () => {
    child = spawn(process.execPath, [TARGET, String(port), file], { stdio: 'inherit' })
    await expect
      .poll(
        () =>
          fetch(`http://127.0.0.1:${port}/`).then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true)
  }
  const kill = async () => {
    const ended = new Promise((done) => child.once('exit', done))
    child.kill('SIGKILL')
    await ended
  }
  return {
    url: `http://127.0.0.1:${port}/hook`,
    start,
    kill,
    /** The accepted requests: seq, service_request_id, kind, webhook-id. */
    readAccepted: async () => {
      const text = await readFile(file, 'utf8').catch(() => '')
      return text
        .split('\n')
        .slice(0, -1)
        .map((line) => line.split(' '))
    },
    remove: async () => {
      await kill()
      await rm(folder, { recursive: true })
    },
  }
}
