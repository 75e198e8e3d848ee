import { beforeEach, describe, expect, test } from 'vitest'
import { makePoint } from '../../src/store/database/geometry.js'
import { createWebhook } from '../../src/store/events/create-webhook.js'
import { listWebhooks, removeWebhook } from '../../src/store/events/webhooks.js'
import { importServiceRequests } from '../../src/store/service-requests/import.js'
import { validateSubscription } from '../../src/webhooks/validate-subscription.js'
import { databases } from '../harness/databases.js'
import { openBeforeTests } from '../harness/open-before-tests.js'
import * as town from '../harness/squareton.js'
import { NOW } from '../harness/stored-squareton.js'
import { createImport } from '../store/service-requests/create-import.js'
import { ALL_EVENTS, openSquareton } from './squareton.js'

describe.each(databases)('$kind', ({ open }) => {
  const squareton = openBeforeTests(open, ({ store }) => openSquareton(store))
  /** The events delivered to a webhook, in order, as `KIND ID`. */
  const listDelivered = async ({ webhook_id }: { webhook_id: number }) => {
    await squareton.sequence()
    const rows = await squareton.store
      .selectFrom('delivery as d')
      .innerJoin('event as e', 'e.event_id', 'd.event_id')
      .innerJoin('service_request as r', 'r.id', 'e.service_request')
      .where('d.webhook_id', '=', webhook_id)
      .select([
        'd.position',
        'e.position as number',
        'e.kind',
        'r.service_request_id',
        'd.state',
        'd.attempts',
      ])
      .orderBy('d.position')
      .execute()
    for (const row of rows) expect(row).toMatchObject({ position: row.number, state: 'pending', attempts: 0 })
    return rows.map((row) => `${row.kind} ${row.service_request_id}`)
  }

  beforeEach(() => squareton.clear())

  test('EXT-37 a webhook receives the events after its creation, in order', async () => {
    const before = await squareton.file('POTHOLE')
    await squareton.sequence()
    const webhook = await squareton.subscribe()
    const other = await squareton.subscribe({ endpoint: 'test' })
    const id = await squareton.file('POTHOLE')
    await squareton.change(before, { status: 'closed' })
    await squareton.change(id, { status_notes: 'Seen.' })
    expect(await listDelivered(webhook)).toEqual([`created ${id}`, `closed ${before}`, `noted ${id}`])
    expect(await listDelivered(other)).toEqual([])
  })

  test('EXT-37 a webhook can be limited to services, areas and a service request; all limits apply together', async () => {
    const west = await squareton.file('POTHOLE', town.WEST)
    await squareton.sequence()
    const [potholes, east, both, one, never] = await Promise.all([
      squareton.subscribe({ service_codes: ['POTHOLE'] }),
      squareton.subscribe({ areas: ['ward:east', 'district:old'] }),
      squareton.subscribe({ service_codes: ['POTHOLE'], areas: ['ward:east'] }),
      squareton.subscribe({ service_request_id: west }),
      squareton.subscribe({ service_request_id: west, service_codes: ['CRACK'] }),
    ])
    const eastern = await squareton.file('POTHOLE', town.EAST)
    const crack = await squareton.file('CRACK', town.OLD_WEST)
    await squareton.change(west, { status: 'closed' })
    expect(await listDelivered(potholes)).toEqual([`created ${eastern}`, `closed ${west}`])
    expect(await listDelivered(east)).toEqual([`created ${eastern}`, `created ${crack}`])
    expect(await listDelivered(both)).toEqual([`created ${eastern}`])
    expect(await listDelivered(one)).toEqual([`closed ${west}`])
    expect(await listDelivered(never)).toEqual([])
  })

  test('EXT-37 a service request that leaves the limits of a webhook is still delivered if an earlier event of it was', async () => {
    const potholes = await squareton.subscribe({ service_codes: ['POTHOLE'] })
    const west = await squareton.subscribe({ areas: ['ward:west'] })
    const id = await squareton.file('POTHOLE', town.WEST)
    await squareton.sequence()
    const late = await squareton.subscribe({ service_codes: ['POTHOLE'] })
    await squareton.change(id, { service_code: 'CRACK' })
    await squareton.sequence()
    await squareton.change(id, { geom: makePoint(town.EAST.lat, town.EAST.long) })
    await squareton.sequence()
    await squareton.change(id, { status: 'closed' })
    expect(await listDelivered(potholes)).toEqual([`created ${id}`, `reclassified ${id}`, `changed ${id}`])
    expect(await listDelivered(west)).toEqual([`created ${id}`, `reclassified ${id}`, `changed ${id}`])
    expect(await listDelivered(late)).toEqual([])
  })

  test('EXT-37 a webhook receives public events and removals only; with include_private it receives all events', async () => {
    const everyone = await squareton.subscribe()
    const staff = await squareton.subscribe({ include_private: true })
    const tip = await squareton.file('TIP')
    await squareton.change(tip, { status_notes: 'Looked into.' })
    const id = await squareton.file('POTHOLE')
    await squareton.change(id, { visibility: 'moderated' })
    await squareton.change(id, { status: 'closed' })
    await squareton.change(id, { visibility: 'public' })
    expect(await listDelivered(everyone)).toEqual([`created ${id}`, `hidden ${id}`, `published ${id}`])
    expect(await listDelivered(staff)).toEqual([
      `created ${tip}`,
      `noted ${tip}`,
      `created ${id}`,
      `hidden ${id}`,
      `closed ${id}`,
      `published ${id}`,
    ])
  })

  test('EXT-37 a webhook with peer_key_id receives events of service requests filed with that key, except events by that key', async () => {
    const webhook = await squareton.subscribe({ peer_key_id: 2 })
    const own = await squareton.file('POTHOLE', { key_id: 2 })
    const other = await squareton.file('POTHOLE', { key_id: 1 })
    await importServiceRequests(squareton.store, town.PRODUCTION, [
      createImport({ service_request_id: 'I-1' }),
    ])
    for (const id of [own, other, 'I-1']) {
      await squareton.change(id, { status_notes: 'From the peer.' }, { key_id: 2 })
      await squareton.change(id, { status_notes: 'From the city.' }, { key_id: 1 })
      await squareton.change(id, { status: 'closed' }, {})
    }
    expect(await listDelivered(webhook)).toEqual([`noted ${own}`, `closed ${own}`])
  })

  test('EXT-37 a webhook of format fixmystreet receives updates only', async () => {
    const webhook = await squareton.subscribe({ format: 'fixmystreet', target_api_key: 'k' })
    const id = await squareton.file('POTHOLE')
    await squareton.change(id, { agency_responsible: 'Bridges' })
    await squareton.change(id, {}, { kind: 'noted', description: 'Thanks.' })
    await squareton.change(id, { detailed_status: 'in_progress' })
    await squareton.change(id, {}, { kind: 'media', media_urls: ['https://city.example/1.jpg'] })
    await squareton.change(id, { visibility: 'private' })
    await squareton.change(id, { status: 'closed' })
    expect(await listDelivered(webhook)).toEqual([`noted ${id}`, `status ${id}`, `media ${id}`])
  })

  test('EXT-37 all of many events reach each of many webhooks', async () => {
    const webhooks = []
    for (let index = 0; index < 120; index++) webhooks.push(await squareton.subscribe())
    await importServiceRequests(
      squareton.store,
      town.PRODUCTION,
      Array.from({ length: 130 }, (_, index) => createImport({ service_request_id: `M-${index}` })),
    )
    for (const webhook of [webhooks[0]!, webhooks[119]!])
      expect(new Set(await listDelivered(webhook))).toEqual(
        new Set(Array.from({ length: 130 }, (_, index) => `created M-${index}`)),
      )
  })

  test('EXT-37 a webhook with an unknown service, area, key or service request is refused', async () => {
    const wrong = {
      ...town.PRODUCTION,
      url: 'https://city.example/',
      format: 'standard',
      service_codes: ['POTHOLE', 'NONE'],
      areas: ['ward:west', 'ward:north'],
      service_request_id: 'nowhere',
      peer_key_id: 99,
      include_private: false,
      target_api_key: null,
      target_jurisdiction_id: null,
    } as const
    expect(await createWebhook(squareton.store, wrong, NOW)).toEqual({
      unknown: ['service NONE', 'area ward:north', 'key number 99', 'service request nowhere'],
    })
    expect(await createWebhook(squareton.store, { ...wrong, jurisdiction_id: 'x' }, NOW)).toMatchObject({
      unknown: expect.arrayContaining(['jurisdiction x', 'service POTHOLE']),
    })
    expect(await listWebhooks(squareton.store)).toEqual([])
  })

  test('EXT-37 the secret is shown once; removing a webhook removes its deliveries', async () => {
    const { webhook_id, secret } = await squareton.subscribe({ service_codes: ['POTHOLE'] })
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    const other = await squareton.subscribe({ format: 'fixmystreet', target_api_key: 'kept to ourselves' })
    expect(other.secret).toBeNull()
    await squareton.file('POTHOLE')
    await squareton.sequence()
    const listed = await listWebhooks(squareton.store, town.PRODUCTION)
    expect(listed).toMatchObject([
      { webhook_id, service_codes: ['POTHOLE'], pending: 1, dead: 0 },
      { pending: 0 },
    ])
    expect(JSON.stringify(listed)).not.toMatch(/whsec_|kept to ourselves/)
    expect(await listWebhooks(squareton.store, { ...town.PRODUCTION, endpoint: 'test' })).toEqual([])
    expect(await removeWebhook(squareton.store, webhook_id)).toBe(true)
    expect(await removeWebhook(squareton.store, webhook_id)).toBe(false)
    expect(await squareton.store.selectFrom('delivery').select('position').execute()).toEqual([])
  })
})

test('EXT-37 a webhook has at most 200 services and 200 areas', () => {
  const repeat = (count: number) => Array(count).fill('ward:west')
  expect(
    validateSubscription({ ...ALL_EVENTS, service_codes: repeat(201), areas: repeat(201) }, false),
  ).toEqual(['service_codes may have at most 200 entries.', 'areas may have at most 200 entries.'])
  expect(validateSubscription({ ...ALL_EVENTS, areas: repeat(200) }, false)).toEqual([])
})
