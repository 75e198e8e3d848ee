import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  georeport,
  type ServerProcess,
  type Storage,
  startServer,
  storages,
} from '../harness/server-process.js'
import { respondWith, startTarget, type Target } from '../webhooks/target.js'

const AT = { jurisdiction_id: 'harbourview.example' }
/** A key and its number in commands. */
interface Key {
  key: string
  number: string
}

const POLL_OPTIONS = { timeout: 20_000 }

describe.each(storages)('georeport webhooks on $kind', ({ kind, create }) => {
  let storage: Storage
  let served: ServerProcess
  let own: Key
  let isHealthy = true
  let target: Target
  const run = (...argv: string[]) => georeport(served.environment, ...argv)
  const webhooks = (...argv: string[]) => run('webhooks', ...argv)
  const createWebhook = (url: string, ...more: string[]) =>
    webhooks('create', '--jurisdiction', AT.jurisdiction_id, '--url', url, ...more)
  const createKey = async (command: typeof run): Promise<Key> => {
    const { out: key } = await command('keys', 'create', '--name', 'k', '--scope', 'report,update')
    const { out } = await command('keys', 'list')
    return { key, number: out.split('\n').at(-1)!.split('\t')[0]! }
  }
  const post = async (
    path: string,
    fields: Record<string, string>,
    at = served,
    { key }: Pick<Key, 'key'> = own,
  ) => {
    const body = new URLSearchParams({ ...AT, api_key: key, ...fields })
    const response = await fetch(`${at.origin}/open311/v2/${path}.json`, { method: 'POST', body })
    expect(response.status).toBe(200)
    return ((await response.json()) as Record<string, string>[])[0]!
  }
  const file = async (at = served, by = own) => {
    const fields = { service_code: 'POTHOLE', address_string: 'Quay 1', description: 'Deep' }
    return (await post('requests', fields, at, by)).service_request_id!
  }
  const read = async (id: string, query = '', { origin } = served) => {
    const response = await fetch(
      `${origin}/open311/v2/requests/${id}.json?jurisdiction_id=${AT.jurisdiction_id}${query}`,
    )
    return (await response.json()) as Record<string, unknown>[]
  }

  beforeAll(async () => {
    storage = await create()
    served = await startServer(storage, {
      DEMO: 'false',
      WEBHOOK_ALLOW_PRIVATE: 'true',
      WEBHOOK_ATTEMPTS: '2',
      WEBHOOK_RETRY_AFTER: '20',
    })
    await run('load', 'fixtures/two-towns')
    own = await createKey(run)
    target = await startTarget((response, nth, request) =>
      respondWith(isHealthy ? 200 : 500, 'ill\tat ease')(response, nth, request),
    )
  })
  afterAll(async () => {
    await served?.stop()
    await target?.close()
    await storage?.remove()
  })

  test('EXT-37 a webhook receives the service request as the API returns it, and can be paused, listed, replayed and removed', async () => {
    const created = await createWebhook(target.url, '--service', 'POTHOLE,FERRY')
    expect(created).toMatchObject({ exit: 0, messages: expect.stringContaining('cannot be shown again') })
    const [number, secret] = created.out.split('\t')
    expect(secret).toMatch(/^whsec_/)
    const listed = async () => (await webhooks('list')).out.split('\t')
    expect(await listed()).toEqual([
      number!,
      AT.jurisdiction_id,
      'production',
      'standard',
      target.url,
      'POTHOLE,FERRY',
      'active',
      '0',
      '0',
    ])

    const id = await file()
    await expect.poll(() => target.requests.length, POLL_OPTIONS).toBe(1)
    const { data } = JSON.parse(target.requests[0]!.body)
    const { jurisdiction_id, endpoint, update, ...entry } = data
    expect({ jurisdiction_id, endpoint, update }).toEqual({ ...AT, endpoint: 'production', update: null })
    const feed = `${served.origin}/open311/v2/changes.json?jurisdiction_id=${AT.jurisdiction_id}`
    expect([entry]).toEqual(await (await fetch(feed)).json())
    expect([entry.service_request]).toEqual(await read(id, '&extensions=true'))

    await webhooks('pause', number!)
    await post('servicerequestupdates', { service_request_id: id, status: 'CLOSED', description: 'Filled.' })
    expect((await listed())[6]).toMatch(/^paused 20\d\d-/)
    isHealthy = false
    await webhooks('resume', number!)
    await expect.poll(async () => (await listed()).slice(7), POLL_OPTIONS).toEqual(['0', '1'])
    const deliveries = await webhooks('deliveries', number!)
    expect(deliveries.out.split('\n').map((line) => line.split('\t'))).toMatchObject([
      ['2', 'closed', id, 'dead', '2', expect.stringMatching(/^20/), '500', 'server error'],
      ['1', 'created', id, 'delivered', '1', expect.stringMatching(/^20/), '200'],
    ])
    const attempts = await webhooks('deliveries', number!, '--position', '2')
    expect(attempts.out.split('\n')).toHaveLength(2)
    expect((await webhooks('deliveries', number!, '--state', 'dead')).out.split('\n')).toHaveLength(1)

    isHealthy = true
    expect(await webhooks('replay', number!)).toMatchObject({
      exit: 0,
      out: '1 deliveries are pending again',
    })
    await expect.poll(async () => (await listed()).slice(7), POLL_OPTIONS).toEqual(['0', '0'])
    const last = JSON.parse(target.requests.at(-1)!.body)
    expect(last).toMatchObject({
      type: 'service_request.closed',
      data: { update: { description: 'Filled.' } },
    })
    expect(served.log()).not.toMatch(/whsec_|Filled|http:\/\/127/)

    expect(await webhooks('remove', number!)).toMatchObject({ exit: 0 })
    expect((await webhooks('list')).out).toBe('')
    for (const command of ['remove', 'pause', 'resume', 'replay'])
      expect(await webhooks(command, number!)).toMatchObject({
        exit: 1,
        messages: `There is no webhook number ${number}.`,
      })
  })

  // Starts a second server, so it runs with one kind of database only.
  test.skipIf(kind !== storages.at(-1)!.kind)(
    'EXT-37 two servers exchange updates, and neither sends an update back',
    async () => {
      const mirror = await startServer(await create(), { DEMO: 'false', WEBHOOK_ALLOW_PRIVATE: 'true' })
      const runThere = (...argv: string[]) => georeport(mirror.environment, ...argv)
      const updates = ({ origin }: ServerProcess) => `${origin}/open311/v2/servicerequestupdates.xml`
      /** Sends updates to `to` with its key `theirs`; `ours` is the key with which `to` files here. */
      const subscribe = async (from: typeof run, to: ServerProcess, ours: Key, theirs: Key) => {
        const created = await from(
          ...[
            'webhooks',
            'create',
            '--jurisdiction',
            AT.jurisdiction_id,
            '--url',
            updates(to),
            '--format',
            'fixmystreet',
          ],
          ...[
            '--target-api-key',
            theirs.key,
            '--target-jurisdiction',
            AT.jurisdiction_id,
            '--peer-key',
            ours.number,
          ],
        )
        expect(created.exit).toBe(0)
        return created.out
      }
      try {
        await runThere('load', 'fixtures/two-towns')
        const peerHere = await createKey(run)
        const peerThere = await createKey(runThere)
        const forth = await subscribe(run, mirror, peerHere, peerThere)
        const back = await subscribe(runThere, served, peerThere, peerHere)
        // Both servers get a service request with the same id.
        const id = await file(served, peerHere)
        while ((await file(mirror, peerThere)) !== id);

        const readNotes = async (of: ServerProcess) => (await read(id, '', of))[0]!.status_notes
        const update = { service_request_id: id, description: 'A crew is there.', status: 'IN_PROGRESS' }
        await post('servicerequestupdates', update)
        await expect.poll(() => readNotes(mirror), POLL_OPTIONS).toBe('A crew is there.')
        await post(
          'servicerequestupdates',
          { ...update, description: 'Done.', status: 'FIXED' },
          mirror,
          await createKey(runThere),
        )
        await expect.poll(() => readNotes(served), POLL_OPTIONS).toBe('Done.')
        for (const [command, number] of [
          [run, forth],
          [runThere, back],
        ] as const) {
          const { out } = await command('webhooks', 'deliveries', number)
          expect(out.split('\n').map((line) => line.split('\t').slice(2, 4))).toEqual([[id, 'delivered']])
        }
      } finally {
        await mirror.stop()
        await mirror.storage.remove()
      }
    },
  )

  test('EXT-37 invalid options are refused with an error message', async () => {
    const refused: [argv: string[], message: string][] = [
      [['ftp://city.example/'], 'url has to be an http or https address.'],
      [[target.url, '--format', 'fixmystreet'], 'target_api_key was not provided'],
      [
        [target.url, '--format', 'fixmystreet', '--target-api-key', 'k', '--private'],
        'include_private is not for',
      ],
      [[target.url, '--target-api-key', 'k'], 'target_api_key and target_jurisdiction_id are for'],
      [
        [target.url, '--service', 'NONE', '--area', 'ward:9'],
        'service NONE was not found.\narea ward:9 was not found.',
      ],
      [[target.url, '--service-request', 'X-1', '--peer-key', '77'], 'key number 77 was not found.'],
    ]
    await Promise.all(
      refused.map(async ([[url, ...more], message]) =>
        expect(await createWebhook(url!, ...more), message).toMatchObject({
          exit: 1,
          messages: expect.stringContaining(message),
        }),
      ),
    )
    expect(await createWebhook(target.url, '--peer-key', 'me')).toMatchObject({ exit: 2 })
    expect(await createWebhook(target.url, '--format', 'other')).toMatchObject({ exit: 2 })
  })

  // Commands on an embedded database run in the server process, with its settings.
  test.skipIf(kind === 'embedded')(
    'EXT-37 a target in a private network is refused unless the settings allow it',
    async () => {
      const environment = { ...served.environment, WEBHOOK_ALLOW_PRIVATE: 'false' }
      const argv = ['webhooks', 'create', '--jurisdiction', AT.jurisdiction_id, '--url', target.url]
      expect(await georeport(environment, ...argv)).toMatchObject({
        exit: 1,
        messages: 'url is in a private network.',
      })
    },
  )
})
