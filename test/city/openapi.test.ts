import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { databases } from '../harness/databases.js'
import * as town from '../harness/squareton.js'
import { type CityClient, expectRefusal, openCityClient } from './city-client.js'
import { expectDocumented } from './openapi-schemas.js'

// The client validates every response against the document; these are responses that no other test requests.
describe.each(databases)('$kind', ({ open }) => {
  let client: CityClient
  beforeAll(async () => {
    client = await openCityClient(await open())
  })
  afterAll(() => client?.database.close())

  test('EXT-46 the OpenAPI document is served with the URL of this server and an ETag', async () => {
    const response = await client.request('/openapi.json')
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(await response.json()).toMatchObject({
      openapi: '3.1.1',
      servers: [{ url: 'https://city.example' }],
    })
    const etag = response.headers.get('etag')!
    expect((await client.request('/openapi.json', { headers: { 'if-none-match': etag } })).status).toBe(304)
    for (const path of ['/openapi', '/openapi.xml']) expect((await client.request(path)).status).toBe(404)
  })

  test('EXT-46 responses of the standard and its extensions match the OpenAPI document', async () => {
    const id = await client.file('ASKING', { 'attribute[WORDS]': 'a', email: 'ada@example.com' })
    await client.expectOk(client.change(id, { detailed_status: 'fixed', status_notes: 'Done.' }))
    const token = await client.file('BATCH')
    await client.sequenceAll()
    const { lat, long } = town.WEST
    for (const path of [
      'services',
      `services?lat=${lat}&long=${long}`,
      'services/ASKING',
      'services/ASKING/schema',
      'definitions',
      'requests',
      `requests?extensions=true&lat=${lat}&long=${long}&radius=1000&sort=distance`,
      `requests/${id}`,
      `requests/${id}?extensions=true`,
      `requests/${id}/updates`,
      `tokens/${token}`,
      'areas',
      `preflight?service_code=POTHOLE&lat=${lat}&long=${long}`,
      'servicerequestupdates',
      'changes',
      'discovery',
    ]) {
      const [name, query] = path.split('?')
      await client.expectOk(client.request(`/open311/v2/${name}.json${query ? `?${query}` : ''}`))
    }
    await expectRefusal(client.request('/open311/v2/requests.json?status=odd&lat=1'), 400)
    await expectRefusal(client.request('/open311/v2/requests/none-0.json'), 404)
    await client.postForm('requests/search', { status: 'open' })
  })

  test('EXT-46 a response that differs from the OpenAPI document fails the check', async () => {
    const url = 'https://city.example/city/v1/tokens'
    const validate = (value: unknown, status = 200) =>
      expectDocumented('GET', url, new Response(JSON.stringify(value), { status }))
    await validate({ tokens: [], next: null })
    await expect(validate({ tokens: [], next: 1 })).rejects.toThrow()
    await expect(validate({ tokens: [], next: null, more: true })).rejects.toThrow()
    await expect(validate([{ code: 409, description: 'x' }], 409)).rejects.toThrow()
  })
})
