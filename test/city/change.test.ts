import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases } from '../harness/databases.js'
import * as town from '../harness/squareton.js'
import { type CityClient, expectRefusal, openCityClient } from './city-client.js'

describe.each(databases)('$kind', ({ open }) => {
  let client: CityClient
  beforeAll(async () => {
    client = await openCityClient(await open())
  })
  afterAll(() => client?.database.close())

  test('EXT-42 a PATCH needs If-Match; a stale version gets 409 with the current ETag', async () => {
    const id = await client.file('POTHOLE')
    const patch = (headers: Record<string, string>) =>
      client.change(id, { status_notes: `Seen ${JSON.stringify(headers)}` }, { headers })
    expect(await expectRefusal(patch({}), 400)).toEqual([
      expect.stringContaining('If-Match was not provided'),
    ])
    const changed = await patch({ 'if-match': '"1"' })
    expect(changed.status).toBe(200)
    const etag = changed.headers.get('etag')!
    const { version } = await client.getFull(id)
    expect(version).toBeGreaterThan(1)
    expect(etag).toBe(`"${version}"`)
    expect(await changed.json()).toMatchObject({ version, service_request_id: id })
    for (const stale of ['"1"', `"${version + 1}"`, '"1", "0"', String(version), 'nonsense']) {
      const refused = patch({ 'if-match': stale })
      expect(await expectRefusal(refused, 409)).toEqual([expect.stringContaining(etag)])
      expect((await refused).headers.get('etag')).toBe(etag)
    }
    expect((await patch({ 'if-match': `W/${etag}` })).status).toBe(200)
  })

  test('EXT-42 a PATCH with the current values creates no version and no event', async () => {
    const id = await client.file('POTHOLE', { description: 'deep' })
    const same = {
      status: 'open',
      description: 'deep',
      ...town.WEST,
      address: null,
      agency_responsible: 'Streets West',
    }
    expect(await client.expectOk(client.change(id, same))).toMatchObject({ version: 1 })
    expect(await client.listEvents(id)).toHaveLength(1)
  })

  test('EXT-42 EXT-28 detailed_status sets status; reopening clears detailed_status, closing_reason and closed_datetime', async () => {
    const id = await client.file('POTHOLE')
    const closing = { detailed_status: 'fixed', status_notes: 'Filled.', closing_reason: 'repaired' }
    const closed = await client.expectOk(client.change(id, closing))
    expect(closed).toMatchObject({ ...closing, status: 'closed', closed_datetime: closed.updated_datetime })
    expect(await client.getPublic(id)).toMatchObject({ status: 'closed', status_notes: 'Filled.' })

    const reopened = await client.expectOk(client.change(id, { status: 'open' }))
    expect(reopened).toMatchObject({
      status: 'open',
      detailed_status: null,
      closing_reason: null,
      closed_datetime: null,
    })
    await client.expectOk(client.change(id, { detailed_status: 'planned' }))
    expect(await client.expectOk(client.change(id, { detailed_status: null }))).toMatchObject({
      status: 'open',
      detailed_status: null,
    })
    expect((await client.listEvents(id)).map(({ kind }: { kind: string }) => kind)).toEqual([
      'created',
      'closed',
      'reopened',
      'status',
      'status',
    ])
  })

  test('EXT-42 a new service_code recomputes expected_datetime and agency_responsible unless the PATCH sets them', async () => {
    const id = await client.file('POTHOLE', { lat: '52', long: '10.5' })
    const { requested_datetime } = await client.getFull(id)
    const hoursLater = (hours: number) =>
      `${new Date(Date.parse(requested_datetime) + hours * 3_600_000).toISOString().slice(0, 19)}Z`
    const quick = await client.expectOk(client.change(id, { service_code: 'QUICK' }))
    expect(quick).toMatchObject({
      service_code: 'QUICK',
      service_name: 'Quick',
      agency_responsible: 'Fast Lane West',
      expected_datetime: hoursLater(4),
    })
    expect(await client.getPublic(id)).toMatchObject({
      service_notice: 'Today.',
      expected_datetime: hoursLater(4),
    })
    expect(await client.expectOk(client.change(id, { service_code: 'CRACK' }))).toMatchObject({
      agency_responsible: 'Streets',
      expected_datetime: null,
    })
    const values = { expected_datetime: '2026-12-24T12:00:00Z', agency_responsible: 'Elves' }
    const moved = { service_code: 'QUICK', ...values, ...town.EAST }
    expect(await client.expectOk(client.change(id, moved))).toMatchObject(values)
    // To another ward and another service in one request.
    await client.expectOk(client.change(id, { service_code: 'CRACK' }))
    const there = { service_code: 'POTHOLE', ...town.WEST }
    expect(await client.expectOk(client.change(id, there))).toMatchObject({
      agency_responsible: 'Streets West',
    })
    const [, event] = await client.listEvents(id)
    expect(event).toMatchObject({ kind: 'reclassified', key_name: 'report-update-manage-read_private' })
  })

  test('EXT-42 A-61 a new service_code of a private service hides a service request; visibility public shows it again', async () => {
    const id = await client.file('POTHOLE')
    expect(await client.expectOk(client.change(id, { service_code: 'TIP' }))).toMatchObject({
      visibility: 'private',
    })
    expect((await client.request(`/open311/v2/requests/${id}.json`)).status).toBe(404)
    await client.expectOk(client.change(id, { visibility: 'public' }))
    await client.getPublic(id)
    await client.expectOk(client.change(id, { visibility: 'moderated' }))
    const types = (await client.listEvents(id)).map(
      ({ kind, change_type }: { kind: string; change_type: string }) => [kind, change_type],
    )
    expect(types.slice(1)).toEqual([
      ['reclassified', 'tombstone'],
      ['published', 'create'],
      ['hidden', 'tombstone'],
    ])
  })

  test('EXT-42 a PATCH of a blurred location changes the exact location, and the public location stays blurred', async () => {
    const id = await client.file('HOME', { address_string: 'Mill Lane 3' })
    const before = await client.getFull(id)
    expect(before).toMatchObject({ address: null, exact_location: { ...town.WEST, address: 'Mill Lane 3' } })
    await client.expectOk(client.change(id, { address: 'Mill Lane 5', lat: 52.3, long: 10.9 }))
    const after = await client.getFull(id)
    expect(after).toMatchObject({
      address: null,
      exact_location: { lat: 52.3, long: 10.9, address: 'Mill Lane 5' },
    })
    expect(after.lat).not.toBe(before.lat)
    expect(after.lat).not.toBe(52.3)
    await client.expectOk(client.change(id, { address: null }))
    expect((await client.getFull(id)).exact_location).toMatchObject({ lat: 52.3, address: null })
    expect(await client.listEvents(id)).toHaveLength(3)
    expect(JSON.stringify(await client.listEvents(id))).not.toMatch(/Mill|52\.3/)
  })

  test('EXT-42 duplicate_of closes a service request; cycles and unknown ids are refused', async () => {
    const [first, second, third] = [
      await client.file('POTHOLE'),
      await client.file('POTHOLE'),
      await client.file('POTHOLE'),
    ]
    expect(await client.expectOk(client.change(second, { duplicate_of: first }))).toMatchObject({
      status: 'closed',
      detailed_status: 'duplicate',
      duplicate_of: first,
    })
    await client.expectOk(
      client.change(third, { duplicate_of: second, detailed_status: 'no_further_action' }),
    )
    expect(await client.getFull(third)).toMatchObject({
      detailed_status: 'no_further_action',
      duplicate_of: second,
    })
    for (const duplicate_of of [first, second, third])
      expect(await expectRefusal(client.change(first, { duplicate_of }), 400)).toEqual([
        expect.stringContaining('of itself'),
      ])
    expect(await expectRefusal(client.change(first, { duplicate_of: 'none-0' }), 400)).toEqual([
      'duplicate_of was not found.',
    ])
    const open = { duplicate_of: first, status: 'open' }
    expect(await expectRefusal(client.change(third, open), 400)).toEqual([
      'duplicate_of is for what is closed.',
    ])
    expect(await client.expectOk(client.change(second, { status: 'open' }))).toMatchObject({
      duplicate_of: null,
    })
    await client.expectOk(client.change(third, { duplicate_of: null }))
    expect((await client.listEvents(second))[1].kind).toBe('merged')
  })

  test('EXT-42 of two simultaneous PATCH requests that would form a cycle of duplicates, one is refused', async () => {
    const [a, b] = [await client.file('POTHOLE'), await client.file('POTHOLE')]
    const responses = await Promise.all([
      client.change(a, { duplicate_of: b }),
      client.change(b, { duplicate_of: a }),
    ])
    expect(responses.map(({ status }) => status).sort()).toEqual([200, 400])
  })

  test('EXT-42 EXT-40 one error response lists all invalid fields of a PATCH', async () => {
    const id = await client.file('POTHOLE')
    const refused = async (body: unknown, options = {}) =>
      expectRefusal(client.change(id, body as object, { body, ...options }), 400)
    expect(
      await refused({
        status: 'done',
        colour: 'red',
        lat: '52',
        description: 'x'.repeat(4001),
        visibility: null,
      }),
    ).toEqual([
      'status has to be one of open, closed.',
      'description may have at most 4000 characters.',
      'lat has to be a number.',
      'visibility has to be one of public, moderated, private.',
      'colour is not known here.',
    ])
    expect(await refused({ detailed_status: 'mended', service_code: 'NOWHERE', lat: 52 })).toEqual([
      expect.stringMatching(/^detailed_status mended is not known here; there are open, for_triage, /),
      'service_code was not found.',
      'lat and long are needed together.',
    ])
    expect(await refused({ detailed_status: 'fixed', status: 'open' })).toEqual([
      expect.stringContaining('status has to be closed'),
    ])
    expect(await refused({ closing_reason: 'Because!' })).toEqual([
      expect.stringContaining('closing_reason has to be a code'),
    ])
    expect(await refused({ closing_reason: 'because' })).toEqual(['closing_reason is for what is closed.'])
    expect(await refused({ expected_datetime: 'soon' })).toEqual([
      expect.stringContaining('expected_datetime is not a date-time'),
    ])
    expect(await refused({ ...town.OUTSIDE, lat: 95 })).toEqual(['lat is at most 90.'])
    expect(await refused({})).toEqual(['Nothing to change was provided.'])
    expect(await refused('{"status":')).toEqual(['The body is not valid JSON in UTF-8.'])
    expect(await refused('["open"]')).toEqual(['The body has to be one JSON object.'])
    expect(await refused('{"__proto__":{}}')).toEqual(['__proto__ is not known here.'])
    const typed = { headers: { 'if-match': '*', 'content-type': 'text/plain' } }
    expect(await refused({ status: 'open' }, typed)).toEqual(['Content-Type has to be application/json.'])
    expect(await expectRefusal(client.change('none-0', { status: 'open' }), 404)).toHaveLength(1)
    expect(await client.listEvents(id)).toHaveLength(1)
  })

  test('EXT-42 a PATCH needs the scope manage; without read_private its response has no private fields', async () => {
    const id = await client.file('POTHOLE', { email: 'ada@example.com', description: 'deep' })
    const reader = await client.createKey(['read_private', 'update', 'report'])
    await expectRefusal(client.change(id, { status: 'closed' }, { key: reader }), 403)
    const manager = await client.createKey(['manage'])
    const changed = await client.expectOk(
      client.change(id, { status: 'closed' }, { key: manager, headers: { 'if-match': '*' } }),
    )
    expect(Object.keys(changed)).not.toContain('reporter')
    expect(JSON.stringify(changed)).not.toMatch(/ada|deep/)
    const elsewhere = await client.createKey(['manage'], null)
    expect((await client.change(id, { status: 'open' }, { key: elsewhere })).status).not.toBe(403)
  })

  test('EXT-42 status_notes longer than 4000 characters are refused', async () => {
    const id = await client.file('POTHOLE')
    const setNotes = (length: number) => client.change(id, { status_notes: 'x'.repeat(length) })
    expect(await expectRefusal(setNotes(4001), 400)).toEqual([
      'status_notes may have at most 4000 characters.',
    ])
    await client.expectOk(setNotes(4000))
  })

  test('EXT-42 an empty text is stored as null; NUL characters are removed and CRLF becomes LF', async () => {
    const id = await client.file('POTHOLE')
    await client.expectOk(client.change(id, { status_notes: ' A\u0000b \r\n c ', agency_responsible: '  ' }))
    expect(await client.getFull(id)).toMatchObject({ status_notes: 'Ab \n c', agency_responsible: null })
  })
})
