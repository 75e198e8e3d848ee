import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestProject } from 'vitest/node'
import { georeport, type Served, type Storage, serveOn, storages } from '../harness/server-process.js'
import type { Target } from './target.js'

const ALL_SCOPES = 'report,update,manage,read_private'

/** Points the suite at the server of GEOREPORT_URL, or at servers of our own, one for each database. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
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

  const running: Served[] = []
  const made: Storage[] = []
  async function serve(create: () => Promise<Storage>, environment: Record<string, string>): Promise<Served> {
    const storage = await create()
    made.push(storage)
    const served = await serveOn(storage, environment)
    running.push(served)
    return served
  }
  async function key(served: Served, ...limit: string[]): Promise<string> {
    return (await georeport(served.environment, 'keys', 'create', '--name', 'conformance', ...limit)).out
  }

  const towns = new Map<string, Served>()
  const resolver = await tokenResolver(towns)
  const targets = await Promise.all(
    storages.map(async ({ kind, create }): Promise<Target> => {
      const rivertown = await serve(create, { DEMO: 'true' })
      const two = await serve(create, { DEMO: 'false' })
      await georeport(two.environment, 'load', 'fixtures/two-towns')
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
  }
}

/** POST {token} to its address gives the token's service request an id, as the city would with the command line. */
async function tokenResolver(towns: ReadonlyMap<string, Served>): Promise<{ url: string; server: Server }> {
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
