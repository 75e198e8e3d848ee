import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import {
  georeport,
  type ServerProcess,
  type Storage,
  startServer,
  storages,
} from '../harness/server-process.js'
import { writePinnedCity } from './pinned-city.js'
import { RIVERTOWN } from './rivertown.js'
import type { Target } from './target.js'

const ALL_SCOPES = 'report,update,manage,read_private'

/** Points the suite at the server of GEOREPORT_URL, or at servers of our own, one for each database. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const now = Date.now()
  project.provide('now', now)
  const { GEOREPORT_URL, GEOREPORT_KEY, GEOREPORT_JURISDICTION, GEOREPORT_DISCOVERY } = process.env
  if (GEOREPORT_URL) {
    const remote: Target = {
      name: 'remote',
      url: GEOREPORT_URL.replace(/\/+$/, ''),
      key: GEOREPORT_KEY || null,
      jurisdiction_id: GEOREPORT_JURISDICTION || null,
      discovery: GEOREPORT_DISCOVERY?.replace(/\.(xml|json)$/, '') || null,
      own: null,
    }
    project.provide('targets', [remote])
    return async () => {}
  }

  const running: ServerProcess[] = []
  const made: Storage[] = []
  async function serve(
    create: () => Promise<Storage>,
    environment: Record<string, string>,
  ): Promise<ServerProcess> {
    const storage = await create()
    made.push(storage)
    const served = await startServer(storage, environment)
    running.push(served)
    return served
  }
  async function run(served: ServerProcess, ...argv: string[]): Promise<string> {
    const { out, messages, exit } = await georeport(served.environment, ...argv)
    if (exit !== 0) throw new Error(`georeport ${argv.join(' ')}: ${messages}`)
    return out
  }
  const key = (served: ServerProcess, ...limit: string[]) =>
    run(served, 'keys', 'create', '--name', 'conformance', ...limit)
  const folder = await mkdtemp(join(tmpdir(), 'georeport-'))
  const cityFile = join(folder, 'rivertown.csv')
  await writePinnedCity(cityFile, now)

  const towns = new Map<string, ServerProcess>()
  const resolver = await tokenResolver(towns)
  const targets = await Promise.all(
    storages.map(async ({ kind, create }): Promise<Target> => {
      const rivertown = await serve(create, { DEMO: 'false' })
      const two = await serve(create, { DEMO: 'false' })
      await run(rivertown, 'load', 'fixtures/rivertown')
      await run(rivertown, 'import', 'csv', cityFile, '--jurisdiction', RIVERTOWN)
      await run(two, 'load', 'fixtures/two-towns')
      towns.set(kind, rivertown)
      return {
        name: kind,
        url: `${rivertown.origin}/open311/v2`,
        key: await key(rivertown),
        jurisdiction_id: null,
        discovery: `${rivertown.origin}/open311/discovery`,
        own: {
          origin: rivertown.origin,
          testUrl: `${rivertown.origin}/open311/test/v2`,
          two: {
            url: `${two.origin}/open311/v2`,
            key: await key(two),
            keyOfHarbourview: await key(two, '--jurisdiction', 'harbourview.example'),
            keyOfCities: await key(two, '--scope', ALL_SCOPES),
            keyOfCityOfHarbourview: await key(
              two,
              ...['--jurisdiction', 'harbourview.example', '--scope', ALL_SCOPES],
            ),
          },
          keyOfCity: await key(rivertown, '--scope', ALL_SCOPES),
          keyOfReader: await key(rivertown, '--scope', 'read_private'),
          keyOfManager: await key(rivertown, '--scope', 'manage'),
          resolveToken: `${resolver.url}/${kind}`,
        },
      }
    }),
  )
  project.provide('targets', targets)
  return async () => {
    resolver.server.close()
    await Promise.all(running.map((served) => served.stop()))
    await Promise.all(made.map((storage) => storage.remove()))
    await rm(folder, { recursive: true })
  }
}

/** POST {token} to its address gives the token's service request an id, as the city would with the command line. */
async function tokenResolver(
  towns: ReadonlyMap<string, ServerProcess>,
): Promise<{ url: string; server: Server }> {
  const server = createServer(async (call, answer) => {
    const chunks: Buffer[] = []
    for await (const chunk of call) chunks.push(chunk as Buffer)
    const { token } = JSON.parse(Buffer.concat(chunks).toString('utf8'))
    const { out, exit } = await georeport(
      towns.get(call.url!.slice(1))!.environment,
      'tokens',
      'resolve',
      token,
    )
    answer.writeHead(exit === 0 ? 200 : 500).end(out)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}
