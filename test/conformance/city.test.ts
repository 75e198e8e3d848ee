import { describe, test as everywhere, expect } from 'vitest'
import { about } from './answer.js'
import { cityCall, filed, good, patch, refused } from './city-api.js'
import { call, get, rawCall } from './client.js'
import { marker } from './exploring.js'
import { HARBOURVIEW, INSIDE, MILLFIELD } from './rivertown.js'
import { targets } from './targets.js'

describe.each(targets)('$name', (target) => {
  // Nobody else has this API.
  const test = everywhere.skipIf(!target.own)
  const own = target.own!

  test('EXT-40 GR-KEY-02 every operation needs a key with its scope, in the address or as Bearer', async () => {
    const id = await filed(target)
    const path = `/requests/${id}`
    refused(await cityCall(target, path, { key: null }), 403, /api_key was not provided/)
    refused(await cityCall(target, path, { key: 'none-0' }), 403, /api_key is not valid/)
    refused(await cityCall(target, path, { key: target.key }), 403, /does not allow/)
    refused(await cityCall(target, path, { key: own.keyOfManager }), 403, /does not allow/)
    good(await cityCall(target, path, { key: own.keyOfReader }))
    good(await cityCall(target, `${path}?api_key=${own.keyOfReader}`, { key: null }))
  })

  test('EXT-40 GR-KEY-02 a key of one jurisdiction says which one is meant, and is good nowhere else', async () => {
    const at = { ...target, own: { ...own, origin: new URL(own.two.url).origin } }
    const key = own.two.keyOfCityOfHarbourview
    const path = '/requests/none-0'
    refused(await cityCall(at, path, { key }), 404, /service_request_id/)
    refused(await cityCall(at, `${path}?jurisdiction_id=${HARBOURVIEW}`, { key }), 404, /service_request_id/)
    refused(await cityCall(at, `${path}?jurisdiction_id=${MILLFIELD}`, { key }), 403, /api_key/)
    const both = { key: own.two.keyOfCities }
    refused(await cityCall(at, path, both), 400, /jurisdiction_id/)
    refused(await cityCall(at, `${path}?jurisdiction_id=none-0`, both), 404, /jurisdiction_id/)
  })

  test('EXT-40 GR-ERR-01 refusals are JSON and name everything that is wrong', async () => {
    refused(await cityCall(target, '/none-0'), 404)
    refused(await cityCall(target, '/requests/none-0'), 404, /service_request_id/)
    refused(await cityCall(target, '/requests/none-0.xml'), 404)
    const told = refused(await cityCall(target, '/requests/none-0?endpoint=live&colour=red'), 400)
    expect(told.map(({ description }) => description).sort()).toEqual([
      'colour is not known here.',
      'endpoint has to be production or test.',
    ])
    const wrong = await cityCall(target, '/requests/none-0', { method: 'DELETE' })
    refused(wrong, 405, /GET/)
    expect(wrong.headers.get('allow')).toContain('GET')
  })

  test('EXT-40 A-40 pages of any origin may call, with all methods', async () => {
    const asks = { origin: 'https://desk.example', 'access-control-request-method': 'PATCH' }
    const answer = await rawCall(target, '/city/v1/requests/1', { method: 'OPTIONS', headers: asks })
    expect(answer.status).toBe(204)
    expect(answer.headers.get('access-control-allow-methods')).toContain('PATCH')
    expect(answer.headers.get('access-control-allow-headers')).toContain('If-Match')
  })

  test('EXT-41 the whole record: reporter, visibility, place; its ETag is its version', async () => {
    const description = marker('whole')
    const id = await filed(target, { description, email: 'ada@example.com', first_name: 'Ada' })
    const answer = await cityCall(target, `/requests/${id}`)
    const record = good(answer)
    expect(record).toMatchObject({
      service_request_id: id,
      version: 1,
      visibility: 'public',
      status: 'open',
      description,
      lat: Number(INSIDE.lat),
      exact_location: null,
      closing_reason: null,
      duplicate_of: null,
      reporter: { email: 'ada@example.com', first_name: 'Ada', phone: null },
    })
    expect(answer.headers.get('etag')).toBe('"1"')
    expect(answer.headers.get('cache-control')).toContain('private')
    expect(answer.headers.get('server-timing')).toContain('query;dur=')
    const again = await cityCall(target, `/requests/${id}`, { headers: { 'if-none-match': '"1"' } })
    expect(again.status, about(again)).toBe(304)
    const byNumber = good(await cityCall(target, `/requests/${record.number}?by=number`))
    expect(byNumber).toEqual(record)
    expect((await call(target, `/requests/${id}.json`)).text).not.toContain('ada@example.com')
  })

  test('EXT-41 each endpoint has its own service requests', async () => {
    const description = marker('of the test endpoint')
    const id = await filed({ ...target, url: own.testUrl }, { description })
    const found = good(await cityCall(target, `/requests/${id}?endpoint=test`))
    expect(found.description).toBe(description)
    refused(await cityCall(target, `/requests/${found.number}?by=number`), 404)
  })

  test('EXT-42 of many changes at once that saw the same state exactly one wins; the others are told 409', async () => {
    const id = await filed(target)
    const race = Array.from({ length: 8 }, (_, nth) =>
      patch(target, id, { status_notes: `Number ${nth}` }, { headers: { 'if-match': '"1"' } }),
    )
    const answers = await Promise.all(race)
    const won = answers.filter(({ status }) => status === 200)
    expect(won.length, answers.map(about).join('\n')).toBe(1)
    for (const lost of answers.filter((answer) => !won.includes(answer))) {
      refused(lost, 409, /If-Match/)
      expect(lost.headers.get('etag')).toBe(won[0]!.headers.get('etag'))
    }
    const record = good(await cityCall(target, `/requests/${id}`))
    expect(record.status_notes).toBe(good(won[0]!).status_notes)
    expect(good(await cityCall(target, `/requests/${id}/events`)).events).toHaveLength(2)
  })

  test('EXT-42 A-44 what the city says is what everyone reads', async () => {
    const id = await filed(target)
    const body = { detailed_status: 'fixed', status_notes: 'Filled.', agency_responsible: 'Night Crew' }
    const changed = await patch(target, id, body)
    expect(good(changed)).toMatchObject({ ...body, status: 'closed' })
    const [read] = good(await get(target, 'json', `/requests/${id}`))
    expect(read).toMatchObject({
      status: 'closed',
      status_notes: 'Filled.',
      agency_responsible: 'Night Crew',
    })
    expect(read.updated_datetime).toBe(good(changed).updated_datetime)
  })

  test('EXT-44 GR-TOK-01 GR-TOK-02 a batch report: token, the city gives an id, the token gives the id', async () => {
    const token = await filed(target, { service_code: 'BULK-PICKUP' })
    const waiting = good(await cityCall(target, '/tokens?limit=1000')).tokens
    expect(waiting.map((each: { token: string }) => each.token)).toContain(token)
    const service_request_id = marker('W').replaceAll(' ', '-')
    const resolve = (body: object) => cityCall(target, `/tokens/${token}`, { body })
    const exchanged = { token, service_request_id }
    expect(good(await resolve({ service_request_id }))).toEqual(exchanged)
    expect(good(await get(target, 'json', `/tokens/${token}`))).toEqual([exchanged])
    expect(good(await get(target, 'json', `/requests/${service_request_id}`))).toHaveLength(1)
    refused(await resolve({ service_request_id: 'another' }), 409, /another service_request_id/)
  })

  test('EXT-43 EXT-45 an erasure is told in the trail of everything, soon', async () => {
    const id = await filed(target, { email: 'ada@example.com' })
    good(await cityCall(target, `/requests/${id}/erase`, { method: 'POST' }))
    expect(good(await cityCall(target, `/requests/${id}`))).toMatchObject({
      reporter: null,
      description: null,
    })
    await expect
      .poll(async () => good(await cityCall(target, `/requests/${id}/events`)).events.at(-1), {
        timeout: 20_000,
      })
      .toMatchObject({ kind: 'erased', position: expect.any(Number) })
  })

  test('EXT-40 A-11 a body that is too long is refused', async () => {
    const body = { status_notes: 'x'.repeat(1_100_000) }
    refused(await patch(target, 'none-0', body), 413, /longer/)
  })
})
