import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases } from '../harness/databases.js'
import * as town from '../harness/squareton.js'
import { type CityClient, expectRefusal, openCityClient } from './city-client.js'

describe.each(databases)('$kind', ({ open }) => {
  let client: CityClient
  const ids: string[] = []

  beforeAll(async () => {
    client = await openCityClient(await open())
    for (const service_code of ['POTHOLE', 'CARE', 'TIP', 'CARE', 'CRACK', 'CARE', 'BLACK'])
      ids.push(await client.file(service_code, { email: `${service_code}@example.com` }))
  })
  afterAll(() => client?.database.close())

  const list = async (query: string) => client.expectOk(client.requestCity(`/requests?${query}`))
  // biome-ignore lint/suspicious/noExplicitAny: the assertions state its shape
  const codes = ({ service_requests }: any) => service_requests.map((each: any) => each.service_code)

  test('EXT-41 the moderation queue lists full service requests, newest first, in pages', async () => {
    const queue = await list('visibility=moderated')
    expect(codes(queue)).toEqual(['CARE', 'CARE', 'CARE'])
    expect(queue.service_requests[0]).toEqual(await client.getFull(ids[5]!))
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await list(`visibility=moderated&limit=2${cursor && `&cursor=${cursor}`}`)
      seen.push(
        ...page.service_requests.map((each: { service_request_id: string }) => each.service_request_id),
      )
      cursor = page.next
    }
    expect(seen).toEqual([ids[5], ids[3], ids[1]])
    await client.expectOk(client.change(ids[3]!, { visibility: 'public' }))
    expect(codes(await list('visibility=moderated'))).toHaveLength(2)
    expect(await client.getPublic(ids[3]!)).toMatchObject({ service_code: 'CARE', lat: town.WEST.lat })
  })

  test('EXT-41 the list combines all filters and sorts in both directions', async () => {
    const all = await list('')
    expect(codes(all)).toEqual(['BLACK', 'CARE', 'CRACK', 'CARE', 'TIP', 'CARE', 'POTHOLE'])
    expect(codes(await list('sort=requested_datetime'))).toEqual(codes(all).reverse())
    for (const direction of ['', '-']) {
      const first = await list(`sort=${direction}requested_datetime&limit=3`)
      const rest = await list(`sort=${direction}requested_datetime&cursor=${first.next}`)
      expect([...codes(first), ...codes(rest)].sort()).toEqual(codes(all).sort())
    }
    expect(codes(await list('visibility=public,private'))).toEqual([
      'BLACK',
      'CRACK',
      'CARE',
      'TIP',
      'POTHOLE',
    ])
    expect(codes(await list('service_code=TIP,CRACK&status=open'))).toEqual(['CRACK', 'TIP'])
    expect(codes(await list('status=closed'))).toEqual([])
    expect(codes(await list('agency_responsible=Streets'))).toEqual(['CRACK'])
    expect(codes(await list('email=tip@EXAMPLE.com'))).toEqual(['TIP'])
    await client.expectOk(client.change(ids[0]!, { detailed_status: 'planned' }))
    expect(codes(await list('detailed_status=planned,fixed'))).toEqual(['POTHOLE'])
    expect(codes(await list('endpoint=test'))).toEqual([])
  })

  test('EXT-41 EXT-40 invalid list arguments are refused', async () => {
    const refused = (query: string) => expectRefusal(client.requestCity(`/requests?${query}`), 400)
    expect(await refused('visiblity=moderated')).toEqual(['visiblity is not known here.'])
    expect(await refused('visibility=hidden')).toEqual([
      'visibility has to be of public, moderated, private.',
    ])
    expect(await refused('limit=1001')).toHaveLength(1)
    expect(await refused('limit=0')).toEqual(['limit is not a whole number from 1 to 1000.'])
    const { next } = await list('limit=1')
    for (const cursor of ['x', `${next}&sort=requested_datetime`, 'WyJkZXNjIiwibm93IiwxXQ'])
      expect(await refused(`cursor=${cursor}`)).toEqual(['cursor is not one that this list gave.'])
    const manager = await client.createKey(['manage'])
    expect(await expectRefusal(client.requestCity('/requests', { key: manager }), 403)).toHaveLength(1)
  })

  test('EXT-44 GR-TOK-02 A-44 pending tokens are listed until they are resolved to a service_request_id', async () => {
    const [first, second, third] = [
      await client.file('BATCH'),
      await client.file('BATCH'),
      await client.file('BATCH'),
    ]
    const listPending = async () =>
      (await client.expectOk(client.requestCity('/tokens'))).tokens.map(
        (each: { token: string }) => each.token,
      )
    expect(await listPending()).toEqual([first, second, third])
    const page = await client.expectOk(client.requestCity('/tokens?limit=2'))
    expect((await client.expectOk(client.requestCity(`/tokens?cursor=${page.next}`))).tokens).toMatchObject([
      { token: third, service_code: 'BATCH' },
    ])
    const { service_requests } = await list('service_code=BATCH')
    expect(service_requests[2]).toMatchObject({ token: first, service_request_id: null, version: 1 })

    const resolve = (token: string, body?: object) =>
      client.requestCity(`/tokens/${token}`, { method: 'POST', ...(body ? { body } : {}) })
    const resolved = await client.expectOk(resolve(first))
    expect(resolved).toEqual({ token: first, service_request_id: expect.any(String) })
    expect(await client.expectOk(resolve(first))).toEqual(resolved)
    expect(await client.expectOk(client.request(`/open311/v2/tokens/${first}.json`))).toEqual([resolved])
    await client.expectOk(resolve(second, { service_request_id: 'OURS/7' }))
    const [, event] = await client.listEvents(encodeURIComponent('OURS/7'))
    expect(event).toMatchObject({ kind: 'resolved', change_type: 'create', key_id: 1 })

    const taken = { service_request_id: 'OURS/7' }
    expect(await expectRefusal(resolve(third, taken), 409)).toEqual([expect.stringContaining('is taken')])
    expect(await expectRefusal(resolve(first, taken), 409)).toEqual([
      expect.stringContaining('another service_request_id'),
    ])
    expect(await expectRefusal(resolve('none-0'), 404)).toHaveLength(1)
    for (const service_request_id of ['', '0', 'a,b', 'x'.repeat(256), 7])
      expect(await expectRefusal(resolve(third, { service_request_id }), 400)).toHaveLength(1)
    expect(
      await expectRefusal(client.requestCity(`/tokens/${third}?endpoint=test`, { method: 'POST' }), 404),
    ).toHaveLength(1)
    expect(await listPending()).toEqual([third])
  })

  test('EXT-45 the audit trail lists all events without gaps, each with its key', async () => {
    await client.sequenceAll()
    const all = (await client.expectOk(client.requestCity('/events?limit=1000'))).events
    expect(all.map((each: { position: number }) => each.position)).toEqual(
      all.map((_: unknown, index: number) => index + 1),
    )
    const first = await client.expectOk(client.requestCity('/events?limit=3'))
    expect(first.next).toBe(3)
    expect((await client.expectOk(client.requestCity(`/events?after=${first.next}`))).events).toEqual(
      all.slice(3),
    )
    const end = await client.expectOk(client.requestCity(`/events?after=${all.length}`))
    expect(end).toEqual({ events: [], next: all.length })
    expect(all[0]).toMatchObject({
      kind: 'created',
      number: 1,
      key_id: 1,
      key_name: expect.any(String),
      author: null,
    })
    expect(
      all.filter(({ change_type }: { change_type: string | null }) => change_type === null).length,
    ).toBeGreaterThan(2)
    expect((await client.expectOk(client.requestCity('/events?endpoint=test'))).events).toEqual([])
    expect(await expectRefusal(client.requestCity('/events?after=x'), 400)).toEqual([
      expect.stringContaining('after is not a whole number'),
    ])
    expect(await expectRefusal(client.requestCity('/requests/none-0/events'), 404)).toHaveLength(1)
  })
})
