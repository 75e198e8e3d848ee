import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  createPostgresStorage,
  georeport,
  type ServerProcess,
  type Storage,
  startServer,
} from '../harness/server-process.js'

const isLinux = process.platform === 'linux'

/** The process ids of the children of `pid`. */
async function listChildren(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.trim().split(' ').filter(Boolean).map(Number)
}

describe.skipIf(!process.env.TEST_DATABASE_URL || !isLinux)('several processes', () => {
  let storage: Storage
  let served: ServerProcess
  const services = () =>
    fetch(`${served.origin}/open311/v2/services.json?jurisdiction_id=millfield.example`).then(
      (response) => response.status,
      () => 0,
    )

  beforeAll(async () => {
    storage = await createPostgresStorage()
    served = await startServer(storage, { PROCESSES: '3', DEMO: 'false' })
    await georeport(served.environment, 'load', 'fixtures/two-towns')
  })
  afterAll(async () => {
    await served?.stop()
    await storage?.remove()
  })

  test('restart a killed one while the others respond', async () => {
    const pid = served.process.pid!
    await expect.poll(() => listChildren(pid), { timeout: 20_000 }).toHaveLength(3)
    await expect.poll(services, { timeout: 20_000 }).toBe(200)
    const before = await listChildren(pid)
    process.kill(before[0]!, 'SIGKILL')
    await expect
      .poll(async () => (await listChildren(pid)).filter((each) => !before.includes(each)), {
        timeout: 20_000,
      })
      .toHaveLength(1)
    for (let request = 0; request < 20; request++) expect(await services()).toBe(200)
  })

  test('end when the first one is stopped', async () => {
    const pids = await listChildren(served.process.pid!)
    await served.stop()
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })

  test('are refused with an embedded database', async () => {
    const { exit, messages } = await georeport({ PROCESSES: '2' }, 'keys', 'list')
    expect(exit).toBe(2)
    expect(messages).toContain('PROCESSES needs DATABASE_URL')
  })
})
