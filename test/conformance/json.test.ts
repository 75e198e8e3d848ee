import { describe, expect, test } from 'vitest'
import { get, getDiscovery, post, sendRequest } from './client.js'
import {
  createMarker,
  findPlainService,
  getDefinitions,
  getLocation,
  getPast,
  getPastWindow,
  getRecent,
  getServices,
  submit,
} from './explore.js'
import { describeResponse, expectOne, first, getText, parseJson, parsePlain } from './response.js'
import { targets } from './targets.js'

type Json = Record<string, unknown>
const BARE = ['service_request_id', 'service_code', 'address_id', 'zipcode']

describe.each(targets)('$name', (target) => {
  const js = test.runIf(target.formats.includes('json'))
  const own = test.skipIf(!target.own)
  const posting = test.runIf(target.key && target.formats.includes('json'))
  const json = async (path: string, args = {}) => parseJson(await get(target, 'json', path, args))
  const list = async (path: string, args = {}) => (await json(path, args)) as Json[]
  const getRecentId = async () =>
    encodeURIComponent(getText(first(await getRecent(target)), 'service_request_id'))

  js('GR-JSON-01 XML and JSON have the same services, definitions and discovery', async () => {
    const definitions = (await getDefinitions(target)).map(
      ({ code }) => `/services/${encodeURIComponent(code)}`,
    )
    for (const path of ['/services', ...definitions])
      expect(parsePlain(await get(target, 'json', path), 'json'), path).toEqual(
        parsePlain(await get(target, 'xml', path), 'xml'),
      )
    expect(parsePlain(await getDiscovery(target, 'json'), 'json')).toEqual(
      parsePlain(await getDiscovery(target, 'xml'), 'xml'),
    )
  })

  js('GR-JSON-01 GR-JSON-08 XML and JSON have the same past requests', async () => {
    const [xml, js] = [
      await get(target, 'xml', '/requests', getPastWindow()),
      await get(target, 'json', '/requests', getPastWindow()),
    ]
    expect(parsePlain(js, 'json')).toEqual(parsePlain(xml, 'xml'))
    for (const one of (await getPast(target)).slice(0, 3)) {
      const path = `/requests/${encodeURIComponent(getText(one, 'service_request_id'))}`
      expect(parsePlain(await get(target, 'json', path), 'json')).toEqual(
        parsePlain(await get(target, 'xml', path), 'xml'),
      )
    }
  })

  js('GR-JSON-01 XML and JSON have the same errors', async () => {
    for (const path of ['/services/none-0', '/requests/none-0', '/tokens/none-0']) {
      const [xml, js] = [await get(target, 'xml', path), await get(target, 'json', path)]
      expect(parsePlain(js, 'json'), path).toEqual(parsePlain(xml, 'xml'))
    }
  })

  posting('GR-JSON-01 XML and JSON have the same text with special characters', async () => {
    for (const text of [
      `& < > " ' ]]> </description>`,
      '😀 𝒳 é',
      'one\r\ntwo\rthree\tfour',
      '\\u0041 \\ " /',
      ' \u00a0x\u2028y ',
    ]) {
      const path = `/requests/${encodeURIComponent(await submit(target, { description: text }))}`
      expect(parsePlain(await get(target, 'json', path), 'json')).toEqual(
        parsePlain(await get(target, 'xml', path), 'xml'),
      )
    }
  })

  js('GR-JSON-02 lists, single results and errors are bare arrays', async () => {
    const paths = [
      '/services',
      '/requests',
      `/requests/${await getRecentId()}`,
      '/requests/none-0',
      '/services/none-0',
      '/tokens/none-0',
    ]
    for (const path of paths) expect(Array.isArray(await json(path)), path).toBe(true)
  })

  js('GR-JSON-02 a definition and discovery are bare objects', async () => {
    const code = encodeURIComponent(getText(first(await getServices(target)), 'service_code'))
    const definition = (await json(`/services/${code}`)) as Json
    expect(Array.isArray(definition)).toBe(false)
    expect(definition).toHaveProperty('attributes')
    expect(parseJson(await getDiscovery(target, 'json'))).toHaveProperty('endpoints')
  })

  posting('GR-JSON-02 GR-JSON-03 POST returns an array with one record', async () => {
    const form = { service_code: await findPlainService(target), ...(await getLocation(target)) }
    const response = parseJson(await post(target, 'json', form)) as Json[]
    expect(Array.isArray(response)).toBe(true)
    expect(response.length).toBe(1)
    expect(typeof first(response).service_request_id).toBe('string')
  })

  js('GR-JSON-03 A-04 a single result is an array with one record, and an empty result is []', async () => {
    expect((await list(`/requests/${await getRecentId()}`)).length).toBe(1)
    expect(await json('/requests', { service_request_id: 'none-0' })).toEqual([])
  })

  js('GR-JSON-04 attributes and values are arrays of objects', async () => {
    for (const { code } of await getDefinitions(target)) {
      const definition = (await json(`/services/${encodeURIComponent(code)}`)) as Json
      expect(Array.isArray(definition.attributes), code).toBe(true)
      for (const attribute of definition.attributes as Json[]) {
        expect(typeof attribute === 'object' && !Array.isArray(attribute)).toBe(true)
        if (!('values' in attribute)) continue
        expect(Array.isArray(attribute.values), code).toBe(true)
        for (const value of attribute.values as Json[])
          expect([typeof value.key, typeof value.name]).toEqual(['string', 'string'])
      }
    }
  })

  js('GR-JSON-04 DISC-15 endpoints is an array of objects and formats an array of strings', async () => {
    const { endpoints } = parseJson(await getDiscovery(target, 'json')) as { endpoints: Json[] }
    expect(Array.isArray(endpoints)).toBe(true)
    for (const endpoint of endpoints) {
      expect(Array.isArray(endpoint.formats)).toBe(true)
      for (const format of endpoint.formats as unknown[]) expect(typeof format).toBe('string')
    }
  })

  own('GR-JSON-05 A-03 a missing value is null, and all 17 members are present', async () => {
    const response = await post(target, 'json', { service_code: 'WEBSITE', description: createMarker() })
    const id = getText(expectOne(response, 'json'), 'service_request_id')
    const record = first(await list(`/requests/${id}`))
    for (const name of ['address', 'address_id', 'zipcode', 'lat', 'long', 'media_url'])
      expect(record[name], name).toBeNull()
    for (const one of [record, ...(await list('/requests', getPastWindow()))]) {
      expect(Object.keys(one).length).toBe(17)
      expect(Object.values(one)).not.toContain('')
    }
  })

  js('GR-JSON-06 A-01 identifiers are strings and never "0"', async () => {
    for (const request of await list('/requests'))
      for (const name of BARE)
        if (request[name] !== null && request[name] !== undefined) {
          expect(typeof request[name], `${name} of ${JSON.stringify(request)}`).toBe('string')
          if (name === 'service_request_id' || name === 'service_code')
            expect(request[name]).not.toMatch(/^0?$/)
        }
    for (const service of await list('/services')) expect(typeof service.service_code).toBe('string')
    for (const { code } of await getDefinitions(target)) {
      const definition = (await json(`/services/${encodeURIComponent(code)}`)) as {
        service_code: unknown
        attributes: Json[]
      }
      expect(typeof definition.service_code).toBe('string')
      for (const attribute of definition.attributes) expect(typeof attribute.code).toBe('string')
    }
  })

  js('GR-JSON-07 A-02 flags are booleans and order is an integer', async () => {
    for (const service of await list('/services')) expect(typeof service.metadata).toBe('boolean')
    for (const { code } of await getDefinitions(target)) {
      const { attributes } = (await json(`/services/${encodeURIComponent(code)}`)) as { attributes: Json[] }
      for (const attribute of attributes) {
        expect([typeof attribute.variable, typeof attribute.required]).toEqual(['boolean', 'boolean'])
        expect(Number.isInteger(attribute.order), JSON.stringify(attribute)).toBe(true)
      }
    }
  })

  js('GR-JSON-07 A-36 lat and long are plain decimal numbers', async () => {
    const response = await get(target, 'json', '/requests')
    for (const request of parseJson(response) as Json[])
      for (const name of ['lat', 'long'] as const)
        if (request[name] !== null && request[name] !== undefined)
          expect(typeof request[name], JSON.stringify(request)).toBe('number')
    for (const [, number] of response.text.matchAll(/"(?:lat|long)"\s*:\s*([^,}\s]+)/g))
      expect(number).toMatch(/^(null|-?\d+(\.\d{1,6})?)$/)
  })

  js('GR-JSON-07 A-07 the code of an error is an integer', async () => {
    for (const path of ['/services/none-0', '/requests/none-0', '/tokens/none-0'])
      for (const error of await list(path)) expect(error.code).toBe(404)
    const refusal = await sendRequest(target, '/requests.json', {}, { form: { service_code: 'x' } })
    for (const error of parseJson(refusal) as Json[])
      expect(Number.isInteger(error.code), describeResponse(refusal)).toBe(true)
  })

  own(
    'GR-JSON-08 A-05 a record with one member is an object, and an empty list of attributes is an empty array',
    async () => {
      const submission = await post(target, 'json', {
        service_code: 'BULK-PICKUP',
        lat: '40.1',
        long: '-91.5',
      })
      const token = getText(expectOne(submission, 'json'), 'token')
      expect(await json(`/tokens/${token}`)).toEqual([{ token }])
      expect(((await json('/services/POTHOLE')) as Json).attributes).toEqual([])
    },
  )
})
