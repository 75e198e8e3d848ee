import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listKeys, revokeKey } from '../../src/store/catalog/api-keys.js'
import { databases } from '../harness/databases.js'
import * as town from '../harness/squareton.js'
import { type CityClient, expectRefusal, openCityClient } from './city-client.js'

const URL = 'https://city.example/hook'
const MAX_PER_KEY = 5

describe.each(databases)('$kind', ({ open }) => {
  let client: CityClient
  let manager: string
  const create = (body: object, options = {}) =>
    client.requestCity('/webhooks', { body: { url: URL, ...body }, ...options })

  beforeAll(async () => {
    client = await openCityClient(await open(), {
      webhookPolicy: { allowPrivateTargets: false, maxPerKey: MAX_PER_KEY },
    })
    manager = await client.createKey(['manage'])
  })
  afterAll(() => client?.database.close())

  test('GR-ENC-07 EXT-40 every text of a body loses the characters that XML and PostgreSQL cannot hold', async () => {
    const { webhook_id, ...created } = await client.expectOk(
      create({ url: `${URL}\u0000`, service_codes: ['POT\u0000HOLE\uD800'] }),
    )
    expect(created).toMatchObject({ url: URL, service_codes: ['POTHOLE'] })
    await client.requestCity(`/webhooks/${webhook_id}`, { method: 'DELETE' })
    for (const body of [
      { service_codes: ['\u0000'] },
      { service_request_id: '\u0000' },
      { areas: ['\u0000'] },
      { format: 'fixmystreet', target_api_key: '\u0000', target_jurisdiction_id: '\u0000' },
    ])
      expect([400, 404], JSON.stringify(body)).toContain((await create(body)).status)
  })

  test('EXT-37 revoking a key pauses its webhooks, and no others', async () => {
    const key = await client.createKey(['manage'])
    const { key_id } = (await listKeys(client.store)).at(-1)!
    const own = await client.expectOk(create({}, { key }))
    const other = await client.expectOk(create({}, { key: manager }))
    const now = '2026-01-06T12:00:00Z'
    expect(await revokeKey(client.store, { key_id, now })).toBe(1)
    expect(await revokeKey(client.store, { key_id, now })).toBeNull()
    const get = ({ webhook_id }: { webhook_id: number }) =>
      client.expectOk(client.requestCity(`/webhooks/${webhook_id}`))
    expect(await get(own)).toMatchObject({ paused_at: now })
    expect(await get(other)).toMatchObject({ paused_at: null })
    for (const { webhook_id } of [own, other])
      await client.requestCity(`/webhooks/${webhook_id}`, { method: 'DELETE' })
  })

  test('EXT-37 a webhook is created, shown without its secret, paused, resumed and removed', async () => {
    const { secret, ...created } = await client.expectOk(
      create({ service_codes: ['POTHOLE'], areas: ['ward:west'] }),
    )
    expect(secret).toMatch(/^whsec_/)
    expect(created).toEqual({
      webhook_id: expect.any(Number),
      ...town.PRODUCTION,
      url: URL,
      format: 'standard',
      service_codes: ['POTHOLE'],
      areas: ['ward:west'],
      service_request_id: null,
      peer_key_id: null,
      include_private: false,
      target_jurisdiction_id: null,
      created_at: expect.stringMatching(/^20/),
      paused_at: null,
      pending: 0,
      dead: 0,
    })
    const path = `/webhooks/${created.webhook_id}`
    expect(await client.expectOk(client.requestCity(path))).toEqual(created)
    expect(await client.expectOk(client.requestCity('/webhooks'))).toEqual({ webhooks: [created] })
    const paused = await client.expectOk(
      client.requestCity(path, { method: 'PATCH', body: { paused: true } }),
    )
    expect(paused).toEqual({ ...created, paused_at: expect.stringMatching(/^20/) })
    expect(
      await client.expectOk(client.requestCity(path, { method: 'PATCH', body: { paused: false } })),
    ).toEqual(created)
    expect((await client.requestCity(path, { method: 'DELETE' })).status).toBe(204)
    for (const method of ['GET', 'DELETE'])
      expect(await expectRefusal(client.requestCity(path, { method }), 404)).toEqual([
        'webhook_id was not found.',
      ])
  })

  test('EXT-37 the delivery log shows every attempt, and replay makes dead deliveries pending again', async () => {
    const { webhook_id } = await client.expectOk(create({}, { key: manager }))
    const ids = [await client.file('POTHOLE'), await client.file('CRACK'), await client.file('NOISE')]
    await client.sequenceAll()
    const path = `/webhooks/${webhook_id}`
    const log = async (query = '') =>
      client.expectOk(client.requestCity(`${path}/deliveries${query}`, { key: manager }))
    const { deliveries, next } = await log()
    expect(next).toBeNull()
    expect(deliveries.map((each: { service_request_id: string }) => each.service_request_id)).toEqual(
      ids.toReversed(),
    )
    const [, , first] = deliveries
    expect(first).toEqual({
      position: expect.any(Number),
      kind: 'created',
      service_request_id: ids[0],
      state: 'pending',
      attempts: 0,
      ended_at: null,
      datetime: null,
      status: null,
      error: null,
    })
    await client.store
      .updateTable('delivery')
      .set({ state: 'dead', attempts: 15, ended_at: '2026-01-05T12:00:00Z' })
      .where('webhook_id', '=', webhook_id)
      .where('position', '=', first.position)
      .execute()
    const attempt = { datetime: '2026-01-05T11:00:00Z', status: 500, error: 'ill', duration_ms: 12 }
    await client.store
      .insertInto('delivery_attempt')
      .values({ webhook_id, position: first.position, ...attempt })
      .execute()
    const { duration_ms: _, ...last } = attempt
    expect((await log('?state=dead')).deliveries).toEqual([
      { ...first, state: 'dead', attempts: 15, ended_at: '2026-01-05T12:00:00Z', ...last },
    ])
    expect(await client.expectOk(client.requestCity(`${path}/deliveries/${first.position}`))).toEqual({
      attempts: [attempt],
    })
    const page = await log('?limit=2')
    expect(page.next).toBe(page.deliveries[1].position)
    expect((await log(`?before=${page.next}`)).deliveries).toHaveLength(1)
    expect(await client.expectOk(client.requestCity(path))).toMatchObject({ pending: 2, dead: 1 })
    expect(await client.expectOk(client.requestCity(`${path}/replay`, { method: 'POST' }))).toEqual({
      pending: 1,
    })
    expect(await client.expectOk(client.requestCity(path))).toMatchObject({ pending: 3, dead: 0 })
    expect(await client.expectOk(client.requestCity(`${path}/replay`, { body: { from: 1 } }))).toEqual({
      pending: 0,
    })
    await client.requestCity(path, { method: 'DELETE' })
  })

  test('EXT-37 GR-KEY-02 include_private and the delivery log of such a webhook need the scope read_private', async () => {
    expect(await expectRefusal(create({ include_private: true }, { key: manager }), 403)).toEqual([
      'api_key does not allow include_private.',
    ])
    const { webhook_id } = await client.expectOk(create({ include_private: true }))
    const path = `/webhooks/${webhook_id}/deliveries`
    await client.expectOk(client.requestCity(path))
    for (const each of [path, `${path}/1`])
      expect(await expectRefusal(client.requestCity(each, { key: manager }), 403)).toEqual([
        'api_key does not allow this.',
      ])
    const reader = await client.createKey(['read_private'])
    for (const each of ['/webhooks', path])
      await expectRefusal(client.requestCity(each, { key: reader }), 403)
    await expectRefusal(create({}, { key: reader }), 403)
    await client.requestCity(`/webhooks/${webhook_id}`, { method: 'DELETE' })
  })

  test('EXT-37 a webhook of one endpoint is not found at the other endpoint', async () => {
    const { webhook_id } = await client.expectOk(
      client.requestCity('/webhooks?endpoint=test', { body: { url: URL } }),
    )
    expect(await client.expectOk(client.requestCity('/webhooks'))).toEqual({ webhooks: [] })
    for (const method of ['GET', 'DELETE'])
      await expectRefusal(client.requestCity(`/webhooks/${webhook_id}`, { method }), 404)
    expect(
      (await client.requestCity(`/webhooks/${webhook_id}?endpoint=test`, { method: 'DELETE' })).status,
    ).toBe(204)
  })

  test('EXT-37 EXT-40 an invalid webhook is refused with all its errors', async () => {
    const refused = async (body: object) => expectRefusal(create(body), 400)
    expect(await refused({ url: 'http://10.0.0.1/', format: 'fixmystreet', include_private: true })).toEqual([
      'url is in a private network.',
      expect.stringContaining('target_api_key was not provided'),
      expect.stringContaining('include_private is not for'),
    ])
    expect(
      await refused({ service_codes: ['NONE'], service_request_id: 'nowhere', peer_key_id: 99 }),
    ).toEqual([
      'service NONE was not found.',
      'key number 99 was not found.',
      'service request nowhere was not found.',
    ])
    expect(await refused({ format: 'other', secret: 'whsec_x' })).toHaveLength(2)
    expect(await expectRefusal(client.requestCity('/webhooks', { body: {} }), 400)).toEqual([
      'url was not provided.',
    ])
    for (const id of ['0', 'x', '99999999999'])
      expect(await expectRefusal(client.requestCity(`/webhooks/${id}`), 404)).toEqual([
        'webhook_id was not found.',
      ])
  })

  test('EXT-37 repeated services and areas count once, and each list has at most 200 entries', async () => {
    const twice = { service_codes: ['POTHOLE', 'CRACK', 'POTHOLE'], areas: ['ward:west', 'ward:west'] }
    const made = await client.expectOk(create(twice))
    expect(made).toMatchObject({ service_codes: ['POTHOLE', 'CRACK'], areas: ['ward:west'] })
    await client.requestCity(`/webhooks/${made.webhook_id}`, { method: 'DELETE' })
    const fill = (count: number) => ({
      service_codes: Array(count).fill('POTHOLE'),
      areas: Array(count).fill('ward:west'),
    })
    expect(await expectRefusal(create(fill(201)), 400)).toEqual([
      'service_codes may have at most 200 entries.',
      'areas may have at most 200 entries.',
    ])
    const { webhook_id } = await client.expectOk(create(fill(200)))
    await client.requestCity(`/webhooks/${webhook_id}`, { method: 'DELETE' })
  })

  test('EXT-37 webhooks per key are limited, also for simultaneous requests; webhooks of other keys do not count', async () => {
    const key = await client.createKey(['manage'])
    const others = [await client.expectOk(create({}, { key: manager })), await client.expectOk(create({}))]
    const responses = await Promise.all(Array.from({ length: MAX_PER_KEY + 3 }, () => create({}, { key })))
    const made = responses.filter((each) => each.status === 200)
    expect(made).toHaveLength(MAX_PER_KEY)
    for (const each of responses.filter((response) => !made.includes(response)))
      expect(await expectRefusal(Promise.resolve(each), 409)).toEqual([
        `This key has made ${MAX_PER_KEY} webhooks and may have no more: remove one first.`,
      ])
    const test = client.requestCity('/webhooks?endpoint=test', { body: { url: URL }, key })
    await expectRefusal(test, 409)
    const [first, ...rest] = await Promise.all(made.map((each) => each.json()))
    await client.requestCity(`/webhooks/${first.webhook_id}`, { method: 'DELETE', key })
    const again = await client.expectOk(create({}, { key }))
    for (const { webhook_id } of [...others, ...rest, again])
      expect((await client.requestCity(`/webhooks/${webhook_id}`, { method: 'DELETE' })).status).toBe(204)
  })
})
