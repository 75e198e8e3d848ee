import { describe, test as everywhere, expect } from 'vitest'
import { expectCityErrors, expectJson, patch, requestCityApi, submitServiceRequest } from './city-api.js'
import { get, sendRawRequest, sendRequest } from './client.js'
import { createMarker } from './explore.js'
import { describeResponse } from './response.js'
import { HARBOURVIEW, INSIDE, MILLFIELD } from './rivertown.js'
import { targets } from './targets.js'

describe.each(targets)('$name', (target) => {
  // Other servers do not have this API.
  const test = everywhere.skipIf(!target.own)
  const own = target.own!

  test('EXT-40 GR-KEY-02 requires a key with the scope of the operation, as api_key or as Bearer', async () => {
    const id = await submitServiceRequest(target)
    const path = `/requests/${id}`
    expectCityErrors(await requestCityApi(target, path, { key: null }), 403, /api_key was not provided/)
    expectCityErrors(await requestCityApi(target, path, { key: 'none-0' }), 403, /api_key is not valid/)
    expectCityErrors(await requestCityApi(target, path, { key: target.key }), 403, /does not allow/)
    expectCityErrors(await requestCityApi(target, path, { key: own.keyOfManager }), 403, /does not allow/)
    expectJson(await requestCityApi(target, path, { key: own.keyOfReader }))
    expectJson(await requestCityApi(target, `${path}?api_key=${own.keyOfReader}`, { key: null }))
  })

  test('EXT-40 GR-KEY-02 a key of one jurisdiction selects that jurisdiction, and is refused for others', async () => {
    const at = { ...target, own: { ...own, origin: new URL(own.two.url).origin } }
    const key = own.two.keyOfCityOfHarbourview
    const path = '/requests/none-0'
    expectCityErrors(await requestCityApi(at, path, { key }), 404, /service_request_id/)
    expectCityErrors(
      await requestCityApi(at, `${path}?jurisdiction_id=${HARBOURVIEW}`, { key }),
      404,
      /service_request_id/,
    )
    expectCityErrors(
      await requestCityApi(at, `${path}?jurisdiction_id=${MILLFIELD}`, { key }),
      403,
      /api_key/,
    )
    const both = { key: own.two.keyOfCities }
    expectCityErrors(await requestCityApi(at, path, both), 400, /jurisdiction_id/)
    expectCityErrors(await requestCityApi(at, `${path}?jurisdiction_id=none-0`, both), 404, /jurisdiction_id/)
  })

  test('EXT-40 GR-ERR-01 refusals are JSON and name all invalid arguments', async () => {
    expectCityErrors(await requestCityApi(target, '/none-0'), 404)
    expectCityErrors(await requestCityApi(target, '/requests/none-0'), 404, /service_request_id/)
    expectCityErrors(await requestCityApi(target, '/requests/none-0.xml'), 404)
    const errors = expectCityErrors(
      await requestCityApi(target, '/requests/none-0?endpoint=live&colour=red'),
      400,
    )
    expect(errors.map(({ description }) => description).sort()).toEqual([
      'colour is not known here.',
      'endpoint has to be production or test.',
    ])
    const wrong = await requestCityApi(target, '/requests/none-0', { method: 'DELETE' })
    expectCityErrors(wrong, 405, /GET/)
    expect(wrong.headers.get('allow')).toContain('GET')
  })

  test('EXT-40 A-40 allows CORS from any origin with all methods', async () => {
    const headers = { origin: 'https://desk.example', 'access-control-request-method': 'PATCH' }
    const response = await sendRawRequest(target, '/city/v1/requests/1', {
      method: 'OPTIONS',
      headers: headers,
    })
    expect(response.status).toBe(204)
    expect(response.headers.get('access-control-allow-methods')).toContain('PATCH')
    expect(response.headers.get('access-control-allow-headers')).toContain('If-Match')
  })

  test('EXT-41 sends the whole service request with reporter, and its version as ETag', async () => {
    const description = createMarker('whole')
    const id = await submitServiceRequest(target, {
      description,
      email: 'ada@example.com',
      first_name: 'Ada',
    })
    const response = await requestCityApi(target, `/requests/${id}`)
    const record = expectJson(response)
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
    expect(response.headers.get('etag')).toBe('"1"')
    expect(response.headers.get('cache-control')).toContain('private')
    expect(response.headers.get('server-timing')).toContain('query;dur=')
    const again = await requestCityApi(target, `/requests/${id}`, { headers: { 'if-none-match': '"1"' } })
    expect(again.status, describeResponse(again)).toBe(304)
    const byNumber = expectJson(await requestCityApi(target, `/requests/${record.number}?by=number`))
    expect(byNumber).toEqual(record)
    expect((await sendRequest(target, `/requests/${id}.json`)).text).not.toContain('ada@example.com')
  })

  test('EXT-41 endpoint=test selects the service requests of the test endpoint', async () => {
    const description = createMarker('of the test endpoint')
    const id = await submitServiceRequest({ ...target, url: own.testUrl }, { description })
    const found = expectJson(await requestCityApi(target, `/requests/${id}?endpoint=test`))
    expect(found.description).toBe(description)
    expectCityErrors(await requestCityApi(target, `/requests/${found.number}?by=number`), 404)
  })

  test('EXT-42 accepts one of several simultaneous changes with the same If-Match, and refuses the others with 409', async () => {
    const id = await submitServiceRequest(target)
    const race = Array.from({ length: 8 }, (_, nth) =>
      patch(target, id, { status_notes: `Number ${nth}` }, { headers: { 'if-match': '"1"' } }),
    )
    const responses = await Promise.all(race)
    const winners = responses.filter(({ status }) => status === 200)
    expect(winners.length, responses.map(describeResponse).join('\n')).toBe(1)
    for (const loser of responses.filter((response) => !winners.includes(response))) {
      expectCityErrors(loser, 409, /If-Match/)
      expect(loser.headers.get('etag')).toBe(winners[0]!.headers.get('etag'))
    }
    const record = expectJson(await requestCityApi(target, `/requests/${id}`))
    expect(record.status_notes).toBe(expectJson(winners[0]!).status_notes)
    expect(expectJson(await requestCityApi(target, `/requests/${id}/events`)).events).toHaveLength(2)
  })

  test('EXT-42 A-44 a change by the city is visible in GeoReport', async () => {
    const id = await submitServiceRequest(target)
    const body = { detailed_status: 'fixed', status_notes: 'Filled.', agency_responsible: 'Night Crew' }
    const changed = await patch(target, id, body)
    expect(expectJson(changed)).toMatchObject({ ...body, status: 'closed' })
    const [read] = expectJson(await get(target, 'json', `/requests/${id}`))
    expect(read).toMatchObject({
      status: 'closed',
      status_notes: 'Filled.',
      agency_responsible: 'Night Crew',
    })
    expect(read.updated_datetime).toBe(expectJson(changed).updated_datetime)
  })

  test('EXT-44 GR-TOK-01 GR-TOK-02 the city assigns an id to a token, and GET tokens returns the id', async () => {
    const token = await submitServiceRequest(target, { service_code: 'BULK-PICKUP' })
    const waiting = expectJson(await requestCityApi(target, '/tokens?limit=1000')).tokens
    expect(waiting.map((each: { token: string }) => each.token)).toContain(token)
    const service_request_id = createMarker('W').replaceAll(' ', '-')
    const resolve = (body: object) => requestCityApi(target, `/tokens/${token}`, { body })
    const exchanged = { token, service_request_id }
    expect(expectJson(await resolve({ service_request_id }))).toEqual(exchanged)
    expect(expectJson(await get(target, 'json', `/tokens/${token}`))).toEqual([exchanged])
    expect(expectJson(await get(target, 'json', `/requests/${service_request_id}`))).toHaveLength(1)
    expectCityErrors(await resolve({ service_request_id: 'another' }), 409, /another service_request_id/)
  })

  test('EXT-43 EXT-45 an erasure removes personal data and adds an event with a position', async () => {
    const id = await submitServiceRequest(target, { email: 'ada@example.com' })
    expectJson(await requestCityApi(target, `/requests/${id}/erase`, { method: 'POST' }))
    expect(expectJson(await requestCityApi(target, `/requests/${id}`))).toMatchObject({
      reporter: null,
      description: null,
    })
    await expect
      .poll(async () => expectJson(await requestCityApi(target, `/requests/${id}/events`)).events.at(-1), {
        timeout: 20_000,
      })
      .toMatchObject({ kind: 'erased', position: expect.any(Number) })
  })

  test('EXT-40 A-11 refuses a body that is too long with 413', async () => {
    const body = { status_notes: 'x'.repeat(1_100_000) }
    expectCityErrors(await patch(target, 'none-0', body), 413, /longer/)
  })
})
