import { describe, expect, test } from 'vitest'
import { about, first, jsonOf, oneOf, plain, word } from './answer.js'
import { call, discover, get, post } from './client.js'
import {
  definitionsOf,
  file,
  marker,
  past,
  pastWindow,
  place,
  plainService,
  recent,
  servicesOf,
} from './exploring.js'
import { targets } from './targets.js'

type Json = Record<string, unknown>
const BARE = ['service_request_id', 'service_code', 'address_id', 'zipcode']

describe.each(targets)('$name', (target) => {
  const js = test.runIf(target.formats.includes('json'))
  const own = test.skipIf(!target.own)
  const posting = test.runIf(target.key && target.formats.includes('json'))
  const json = async (path: string, args = {}) => jsonOf(await get(target, 'json', path, args))
  const list = async (path: string, args = {}) => (await json(path, args)) as Json[]
  const someId = async () => encodeURIComponent(word(first(await recent(target)), 'service_request_id'))

  js('GR-JSON-01 XML and JSON say the same about services, definitions and discovery', async () => {
    const definitions = (await definitionsOf(target)).map(
      ({ code }) => `/services/${encodeURIComponent(code)}`,
    )
    for (const path of ['/services', ...definitions])
      expect(plain(await get(target, 'json', path), 'json'), path).toEqual(
        plain(await get(target, 'xml', path), 'xml'),
      )
    expect(plain(await discover(target, 'json'), 'json')).toEqual(plain(await discover(target, 'xml'), 'xml'))
  })

  js('GR-JSON-01 GR-JSON-08 XML and JSON say the same about past requests, row by row', async () => {
    const [xml, js] = [
      await get(target, 'xml', '/requests', pastWindow()),
      await get(target, 'json', '/requests', pastWindow()),
    ]
    expect(plain(js, 'json')).toEqual(plain(xml, 'xml'))
    for (const one of (await past(target)).slice(0, 3)) {
      const path = `/requests/${encodeURIComponent(word(one, 'service_request_id'))}`
      expect(plain(await get(target, 'json', path), 'json')).toEqual(
        plain(await get(target, 'xml', path), 'xml'),
      )
    }
  })

  js('GR-JSON-01 XML and JSON say the same about an error', async () => {
    for (const path of ['/services/none-0', '/requests/none-0', '/tokens/none-0']) {
      const [xml, js] = [await get(target, 'xml', path), await get(target, 'json', path)]
      expect(plain(js, 'json'), path).toEqual(plain(xml, 'xml'))
    }
  })

  posting('GR-JSON-01 XML and JSON say the same about hard text', async () => {
    for (const text of [
      `& < > " ' ]]> </description>`,
      '😀 𝒳 é',
      'one\r\ntwo\rthree\tfour',
      '\\u0041 \\ " /',
      ' \u00a0x\u2028y ',
    ]) {
      const path = `/requests/${encodeURIComponent(await file(target, { description: text }))}`
      expect(plain(await get(target, 'json', path), 'json')).toEqual(
        plain(await get(target, 'xml', path), 'xml'),
      )
    }
  })

  js('GR-JSON-02 lists, single results and errors are bare arrays', async () => {
    const paths = [
      '/services',
      '/requests',
      `/requests/${await someId()}`,
      '/requests/none-0',
      '/services/none-0',
      '/tokens/none-0',
    ]
    for (const path of paths) expect(Array.isArray(await json(path)), path).toBe(true)
  })

  js('GR-JSON-02 a definition and discovery are bare objects', async () => {
    const code = encodeURIComponent(word(first(await servicesOf(target)), 'service_code'))
    const definition = (await json(`/services/${code}`)) as Json
    expect(Array.isArray(definition)).toBe(false)
    expect(definition).toHaveProperty('attributes')
    expect(jsonOf(await discover(target, 'json'))).toHaveProperty('endpoints')
  })

  posting('GR-JSON-02 GR-JSON-03 POST answers an array of one', async () => {
    const form = { service_code: await plainService(target), ...(await place(target)) }
    const answer = jsonOf(await post(target, 'json', form)) as Json[]
    expect(Array.isArray(answer)).toBe(true)
    expect(answer.length).toBe(1)
    expect(typeof first(answer).service_request_id).toBe('string')
  })

  js('GR-JSON-03 A-04 a single result is an array of one and an empty result is []', async () => {
    expect((await list(`/requests/${await someId()}`)).length).toBe(1)
    expect(await json('/requests', { service_request_id: 'none-0' })).toEqual([])
  })

  js('GR-JSON-04 attributes and values are arrays of objects', async () => {
    for (const { code } of await definitionsOf(target)) {
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
    const { endpoints } = jsonOf(await discover(target, 'json')) as { endpoints: Json[] }
    expect(Array.isArray(endpoints)).toBe(true)
    for (const endpoint of endpoints) {
      expect(Array.isArray(endpoint.formats)).toBe(true)
      for (const format of endpoint.formats as unknown[]) expect(typeof format).toBe('string')
    }
  })

  own('GR-JSON-05 A-03 no value is null, and every one of the 17 members is there', async () => {
    const answer = await post(target, 'json', { service_code: 'WEBSITE', description: marker() })
    const id = word(oneOf(answer, 'json'), 'service_request_id')
    const record = first(await list(`/requests/${id}`))
    for (const name of ['address', 'address_id', 'zipcode', 'lat', 'long', 'media_url'])
      expect(record[name], name).toBeNull()
    for (const one of [record, ...(await list('/requests', pastWindow()))]) {
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
    for (const { code } of await definitionsOf(target)) {
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
    for (const { code } of await definitionsOf(target)) {
      const { attributes } = (await json(`/services/${encodeURIComponent(code)}`)) as { attributes: Json[] }
      for (const attribute of attributes) {
        expect([typeof attribute.variable, typeof attribute.required]).toEqual(['boolean', 'boolean'])
        expect(Number.isInteger(attribute.order), JSON.stringify(attribute)).toBe(true)
      }
    }
  })

  js('GR-JSON-07 A-36 lat and long are plain decimal numbers', async () => {
    const answer = await get(target, 'json', '/requests')
    for (const request of jsonOf(answer) as Json[])
      for (const name of ['lat', 'long'] as const)
        if (request[name] !== null && request[name] !== undefined)
          expect(typeof request[name], JSON.stringify(request)).toBe('number')
    for (const [, number] of answer.text.matchAll(/"(?:lat|long)"\s*:\s*([^,}\s]+)/g))
      expect(number).toMatch(/^(null|-?\d+(\.\d{1,6})?)$/)
  })

  js('GR-JSON-07 A-07 the code of an error is an integer', async () => {
    for (const path of ['/services/none-0', '/requests/none-0', '/tokens/none-0'])
      for (const error of await list(path)) expect(error.code).toBe(404)
    const refused = await call(target, '/requests.json', {}, { form: { service_code: 'x' } })
    for (const error of jsonOf(refused) as Json[])
      expect(Number.isInteger(error.code), about(refused)).toBe(true)
  })

  own(
    'GR-JSON-08 A-05 a record with a single member stays an object, and no attributes stay an empty array',
    async () => {
      const filed = await post(target, 'json', { service_code: 'BULK-PICKUP', lat: '40.1', long: '-91.5' })
      const token = word(oneOf(filed, 'json'), 'token')
      expect(await json(`/tokens/${token}`)).toEqual([{ token }])
      expect(((await json('/services/POTHOLE')) as Json).attributes).toEqual([])
    },
  )
})
