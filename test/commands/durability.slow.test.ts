import { rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  createEmbeddedStorage,
  georeport,
  type ServerProcess,
  spawnServer,
  startServer,
  storages,
} from '../harness/server-process.js'

const TOWN = { jurisdiction_id: 'harbourview.example', service_code: 'POTHOLE' }

/** Files service requests from several clients until the server is killed; returns the acknowledged ones. */
async function fileUntilKilled(
  served: ServerProcess,
  key: string,
  killAfterMs: number,
): Promise<Map<string, string>> {
  const acknowledged = new Map<string, string>()
  let isRunning = true
  const kill = async () => {
    await new Promise((done) => setTimeout(done, killAfterMs))
    // On a slow machine the server needs longer to acknowledge the first ones.
    while (acknowledged.size <= 5) await new Promise((done) => setTimeout(done, 50))
    await served.stop('SIGKILL')
    isRunning = false
  }
  const client = async (name: number) => {
    for (let number = 0; isRunning; number++) {
      const description = `${killAfterMs}-${name}-${number}`
      const body = new URLSearchParams({ ...TOWN, api_key: key, address_string: 'Quay 1', description })
      const response = await fetch(`${served.origin}/open311/v2/requests.json`, {
        method: 'POST',
        body,
      }).catch(() => null)
      const text = await response?.text().catch(() => null)
      if (response?.status === 200 && text)
        acknowledged.set(JSON.parse(text)[0].service_request_id, description)
    }
  }
  await Promise.all([kill(), ...[1, 2, 3, 4].map(client)])
  return acknowledged
}

describe.each(storages)('on $kind', ({ create }) => {
  test('acknowledged service requests are stored exactly once after kill -9', async () => {
    const storage = await create()
    let served = await startServer(storage, { DEMO: 'false' })
    await georeport(served.environment, 'load', 'fixtures/two-towns')
    const key = (await georeport(served.environment, 'keys', 'create', '--name', 'k')).out
    for (const killAfter of [700, 1100]) {
      const acknowledged = await fileUntilKilled(served, key, killAfter)
      expect(acknowledged.size).toBeGreaterThan(5)
      served = await startServer(storage, { DEMO: 'false' })
      const response = await fetch(
        `${served.origin}/open311/v2/requests.json?jurisdiction_id=${TOWN.jurisdiction_id}`,
      )
      const listed = (await response.json()) as { service_request_id: string; description: string }[]
      const found = new Map(listed.map((each) => [each.service_request_id, each.description]))
      expect(found.size).toBe(listed.length)
      expect(new Set(found.values()).size).toBe(listed.length)
      for (const [id, description] of acknowledged) {
        if (listed.length < 1000 || found.has(id)) expect(found.get(id)).toBe(description)
      }
      for (const id of acknowledged.keys()) {
        const one = await fetch(
          `${served.origin}/open311/v2/requests/${id}.json?jurisdiction_id=${TOWN.jurisdiction_id}`,
        )
        expect(one.status).toBe(200)
      }
    }
    await served.stop()
    await storage.remove()
  })
})

describe('the embedded database', () => {
  test('survives a kill during its first start, belongs to one process at a time, and serves commands through that process', async () => {
    const storage = await createEmbeddedStorage()
    for (const killAfter of [300, 900, 1800]) {
      const child = spawnServer(storage)
      await new Promise((done) => setTimeout(done, killAfter))
      const ended = new Promise((done) => child.once('exit', done))
      child.kill('SIGKILL')
      await ended
    }

    const served = await startServer(storage)
    await expect(startServer(storage)).rejects.toThrow('another process uses the database')
    // On Linux the lock does not depend on files.
    if (process.platform === 'linux') {
      const socket = join(storage.environment.DATA_DIR!, 'georeport.sock')
      await rename(socket, `${socket}.gone`)
      await expect(startServer(storage)).rejects.toThrow('another process uses the database')
      await rename(`${socket}.gone`, socket)
    }
    expect((await stat(join(storage.environment.DATA_DIR!, 'cluster'))).mode & 0o077).toBe(0)
    const both = await Promise.all(
      ['a', 'b'].map((name) => georeport(served.environment, 'keys', 'create', '--name', name)),
    )
    expect(new Set(both.map((each) => each.out)).size).toBe(2)
    await served.stop()

    // No server runs: the first command opens the database and serves the others.
    const results = await Promise.all(
      ['c', 'd', 'e'].map((name) => georeport(served.environment, 'keys', 'create', '--name', name)),
    )
    expect(results.map((each) => each.exit)).toEqual([0, 0, 0])
    const { out } = await georeport(served.environment, 'keys', 'list')
    expect(
      out
        .split('\n')
        .map((line) => line.split('\t')[1])
        .sort(),
    ).toEqual(['a', 'b', 'c', 'd', 'demonstration', 'e'])
    await storage.remove()
  })

  test('GR-LIST-06 a first start serves a demonstration city with 1000 listed service requests; a second start keeps all', async () => {
    const storage = await createEmbeddedStorage()
    let served = await startServer(storage)
    const list = async () =>
      (await (await fetch(`${served.origin}/open311/v2/requests.json`)).json()) as unknown[]
    expect(await list()).toHaveLength(1000)
    const body = new URLSearchParams({ api_key: 'demo', service_code: 'POTHOLE', lat: '40.1', long: '-91.5' })
    const [{ service_request_id }] = (await (
      await fetch(`${served.origin}/open311/v2/requests.json`, { method: 'POST', body })
    ).json()) as [{ service_request_id: string }]
    const before = await list()
    await served.stop()
    served = await startServer(storage)
    expect(await list()).toEqual(before)
    expect((await fetch(`${served.origin}/open311/v2/requests/${service_request_id}.xml`)).status).toBe(200)
    await served.stop()
    await storage.remove()
  })
})
