import { describe, expect, test } from 'vitest'
import { about, expectErrors, expectOk, first, listOf, rootOf, word } from './answer.js'
import { call, discover, get, post, withKey } from './client.js'
import { past, pastWindow, place, plainService, recent, servicesOf } from './exploring.js'
import { REQUEST_MEMBERS } from './members.js'
import { targets } from './targets.js'

const SERVICE = ['service_code', 'service_name', 'description', 'metadata', 'type', 'keywords', 'group']

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const posting = test.skipIf(!target.key)

  test.for(target.formats)(
    'GR-GEN-01 GR-GEN-02 GR-GEN-03 the reading operations answer cold, in %s',
    async (format) => {
      const services = listOf(await get(target, format, '/services'), format)
      expect(services.length).toBeGreaterThan(0)
      const code = encodeURIComponent(word(first(services), 'service_code'))
      expectOk(await get(target, format, `/services/${code}`), format)
      const list = listOf(await get(target, format, '/requests'), format)
      const id = word(first(list), 'service_request_id')
      expectOk(await get(target, format, `/requests/${encodeURIComponent(id)}`), format)
      expectErrors(await get(target, format, '/tokens/no-such-token-0000'), format, 404)
    },
  )

  test('GR-GEN-01 GR-GEN-03 every operation has its own XML root', async () => {
    const [code, id] = [first(await servicesOf(target)), first(await recent(target))]
    const roots: [string, string][] = [
      ['/services', 'services'],
      [`/services/${encodeURIComponent(word(code, 'service_code'))}`, 'service_definition'],
      ['/requests', 'service_requests'],
      [`/requests/${encodeURIComponent(word(id, 'service_request_id'))}`, 'service_requests'],
      ['/tokens/no-such-token-0000', 'errors'],
      ['/requests/no-such-id-0000', 'errors'],
    ]
    for (const [path, root] of roots) expect(rootOf(await get(target, 'xml', path)).name, path).toBe(root)
    expect(rootOf(await discover(target, 'xml')).name).toBe('discovery')
  })

  posting.for(target.formats)('GR-GEN-01 GR-GEN-02 POST answers cold, in %s', async (format) => {
    const service_code = await plainService(target)
    expectOk(await post(target, format, { service_code, ...(await place(target)) }), format)
  })

  test('GR-GEN-02 the suffix after an id chooses the format, also against Accept', async ({ skip }) => {
    const id = encodeURIComponent(word(first(await recent(target)), 'service_request_id'))
    if (!target.formats.includes('json')) skip('this target announces XML alone')
    for (const path of ['/services', '/requests', `/requests/${id}`]) {
      expectOk(await call(target, `${path}.xml`, {}, { headers: { accept: 'application/json' } }), 'xml')
      expectOk(await call(target, `${path}.json`, {}, { headers: { accept: 'text/xml' } }), 'json')
    }
  })

  test('GR-GEN-04 the formats that discovery announces are the formats that work', async () => {
    const discovery = (await discover(target, 'xml')).text
    const json = await get(target, 'json', '/services')
    if (discovery.includes('application/json')) expectOk(json, 'json')
    else expect(json.status, about(json)).not.toBe(200)
  })

  test.for(target.formats)(
    'GR-GEN-06 standard documents hold the standard names alone, in %s',
    async (format) => {
      for (const one of listOf(await get(target, format, '/services'), format))
        expect(SERVICE).toEqual(expect.arrayContaining(Object.keys(one)))
      for (const one of listOf(await get(target, format, '/requests', pastWindow()), format))
        expect(REQUEST_MEMBERS).toEqual(expect.arrayContaining(Object.keys(one)))
    },
  )

  own('GR-GEN-07 A-38 without a suffix Accept decides, and XML is the default', async () => {
    const id = word(first(await past(target)), 'service_request_id')
    for (const path of ['/services', '/services/STREET-LIGHT', '/requests', `/requests/${id}`]) {
      expectOk(await call(target, path), 'xml')
      expectOk(await call(target, path, {}, { headers: { accept: 'application/json' } }), 'json')
      expectOk(await call(target, path, {}, { headers: { accept: 'text/xml' } }), 'xml')
      expectOk(await call(target, path, {}, { headers: { accept: 'application/json, */*;q=0.5' } }), 'json')
      expectOk(
        await call(target, path, {}, { headers: { accept: 'text/xml, application/json;q=0.5' } }),
        'xml',
      )
    }
    const form = withKey(target, { service_code: 'POTHOLE', ...(await place(target)) })
    expectOk(await call(target, '/requests', {}, { form }), 'xml')
    expectOk(await call(target, '/requests', {}, { form, headers: { accept: 'application/json' } }), 'json')
    expectErrors(
      await call(target, '/requests/none-0', {}, { headers: { accept: 'application/json' } }),
      'json',
      404,
    )
    expectErrors(await call(target, '/requests/none-0'), 'xml', 404)
  })

  test('GR-GEN-07 A-38 an unknown suffix is 404 with an XML body', async () => {
    expectErrors(await call(target, '/services.banana'), 'xml', 404)
    expectErrors(await call(target, '/requests.banana'), 'xml', 404)
  })

  test.skipIf(target.own || /\/\/(localhost|127\.|\[::1\])/.test(target.url))(
    'GR-GEN-09 the endpoint is reached by https',
    async () => {
      expect(target.url).toMatch(/^https:/)
    },
  )
})
