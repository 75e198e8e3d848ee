import { createHmac } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { describe, expect, test } from 'vitest'
import { databases } from '../harness/databases.js'
import { LATER, NOW } from '../harness/stored-squareton.js'
import { openSender, useSender } from './sender.js'
import { respondWith } from './target.js'

describe.each(databases)('$kind', ({ open }) => {
  const city = useSender(open, openSender)

  test('EXT-37 a message has a Standard Webhooks signature, verified by its library and by hand', async () => {
    const target = await city.target()
    const { webhook_id, secret } = await city.subscribe({ url: target.url })
    city.start()
    const [id] = await city.file(1)
    await city.change(
      id!,
      { status: 'closed', detailed_status: 'fixed' },
      { description: 'Filled – ünd so.' },
    )
    await city.sequence()
    await city.waitUntilEnded(webhook_id, 2)
    for (const { headers, body } of target.requests) {
      const verified = new Webhook(secret!).verify(body, headers as Record<string, string>)
      expect(verified).toEqual(JSON.parse(body))
      const key = Buffer.from(secret!.slice('whsec_'.length), 'base64')
      const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
      expect(headers['webhook-signature']).toBe(
        `v1,${createHmac('sha256', key).update(signed).digest('base64')}`,
      )
      expect(headers['content-type']).toBe('application/json')
      expect(() => new Webhook(secret!).verify(`${body} `, headers as Record<string, string>)).toThrow()
    }
    const [created, closed] = target.requests.map((request) => JSON.parse(request.body))
    const common = { jurisdiction_id: 'squareton.example', endpoint: 'production', service_request_id: id }
    expect(created).toMatchObject({
      type: 'service_request.created',
      timestamp: NOW,
      data: { ...common, change_type: 'create', kind: 'created', datetime: NOW, update: null },
    })
    expect(closed).toMatchObject({
      type: 'service_request.closed',
      timestamp: LATER,
      data: {
        ...common,
        seq: created.data.seq + 1,
        change_type: 'change',
        changed: expect.arrayContaining(['closed_datetime', 'detailed_status', 'status']),
        update: {
          update_id: target.requests[1]!.headers['webhook-id'],
          status: 'fixed',
          description: 'Filled – ünd so.',
        },
        service_request: {
          service_request_id: id,
          status: 'closed',
          lat: 52,
          extended_attributes: { channel: null },
        },
      },
    })
    expect(target.connections()).toBe(1)
  })

  test('EXT-37 messages of a service request that was hidden before they are sent have neither its content nor its updates', async () => {
    const target = await city.target()
    const other = await city.target(respondWith(200, '<update_id>1</update_id>'))
    const { webhook_id } = await city.subscribe({ url: target.url })
    const staff = await city.subscribe({ url: target.url, include_private: true })
    const fixmystreet = await city.subscribe({ url: other.url, format: 'fixmystreet', target_api_key: 'k' })
    const id = await city.fileOne('POTHOLE', { description: 'at my home' })
    await city.change(id, { status: 'closed', status_notes: 'Dear Mr X' })
    await city.change(id, { visibility: 'private' })
    await city.sequence()
    city.start()
    await city.waitUntilEnded(webhook_id, 3)
    await city.waitUntilEnded(fixmystreet.webhook_id, 1)
    await city.waitUntilEnded(staff.webhook_id, 3)
    expect(await city.states(fixmystreet.webhook_id)).toEqual(['skipped'])
    expect(other.requests).toEqual([])
    const data = target.requests.map((request) => JSON.parse(request.body).data)
    const seen = data.filter((each) => 'seq' in each)
    const common = { jurisdiction_id: 'squareton.example', endpoint: 'production', service_request_id: id }
    const rest = {
      seq: expect.any(Number),
      datetime: expect.any(String),
      service_request: null,
      update: null,
    }
    expect(seen).toEqual(
      ['create', 'change', 'tombstone'].map((change_type) => ({ ...common, change_type, ...rest })),
    )
    const types = target.requests
      .map((request) => JSON.parse(request.body))
      .filter((each) => 'seq' in each.data)
    expect(types.map((each) => each.type)).toEqual([
      'service_request.created',
      'service_request.changed',
      'service_request.removed',
    ])
    expect(JSON.stringify(seen)).not.toMatch(/my home|Mr X/)
    const all = data.filter((each) => !('seq' in each))
    expect(
      all.map((each) => [each.visibility, each.service_request.description, each.update?.description]),
    ).toEqual([
      ['private', 'at my home', undefined],
      ['private', 'at my home', 'Dear Mr X'],
      ['private', 'at my home', undefined],
    ])
    expect(all.map((each) => [each.kind, each.changed])).toEqual([
      ['created', []],
      ['closed', expect.arrayContaining(['status', 'status_notes'])],
      ['hidden', ['visibility']],
    ])
  })

  test('EXT-37 an update is posted in the format of FixMyStreet', async () => {
    const replies = [
      '<service_request_updates><request_update><update_id>7</update_id></request_update></service_request_updates>',
      '[{"update_id":"8"}]',
    ]
    const target = await city.target((response, nth) => {
      if (nth === 2)
        respondWith(400, '<description>Bad request: already exists</description>')(response, nth, null!)
      else respondWith(200, replies[nth] ?? '')(response, nth, null!)
    })
    const { webhook_id, secret } = await city.subscribe({
      url: target.url,
      format: 'fixmystreet',
      target_api_key: 'their key',
      target_jurisdiction_id: '2000',
    })
    expect(secret).toBeNull()
    const id = await city.fileOne('POTHOLE')
    const { update_id } = await city.change(
      id,
      { detailed_status: 'in_progress' },
      {
        description: 'A crew & a truck',
        media_urls: ['https://city.example/1.jpg', 'https://city.example/2.jpg'],
      },
    )
    await city.change(id, { status: 'closed', detailed_status: null })
    await city.change(id, {}, { kind: 'noted', description: 'Thanks' })
    await city.change(id, {}, { kind: 'noted', description: 'No receipt' })
    await city.sequence()
    city.start()
    await city.waitUntilEnded(webhook_id, 4)
    expect(await city.states(webhook_id)).toEqual(['delivered', 'delivered', 'delivered', 'dead'])
    expect(target.requests[0]!.headers['content-type']).toBe('application/x-www-form-urlencoded')
    expect([...new URLSearchParams(target.requests[0]!.body)]).toEqual([
      ['api_key', 'their key'],
      ['jurisdiction_id', '2000'],
      ['service_request_id', id],
      ['update_id', update_id],
      ['updated_datetime', LATER],
      ['status', 'IN_PROGRESS'],
      ['description', 'A crew & a truck'],
      ['media_url', 'https://city.example/1.jpg'],
      ['media_url', 'https://city.example/2.jpg'],
    ])
    const getField = (nth: number, name: string) => new URLSearchParams(target.requests[nth]!.body).get(name)
    expect([getField(1, 'status'), getField(1, 'description')]).toEqual(['CLOSED', 'Closed'])
  })
})
