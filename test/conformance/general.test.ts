import { describe, expect, test } from 'vitest'
import { addKey, get, getDiscovery, post, sendRequest } from './client.js'
import { findPlainService, getLocation, getPast, getPastWindow, getRecent, getServices } from './explore.js'
import { REQUEST_MEMBERS } from './members.js'
import {
  describeResponse,
  expectErrors,
  expectList,
  expectOk,
  first,
  getText,
  parseXmlRoot,
} from './response.js'
import { targets } from './targets.js'

const SERVICE = ['service_code', 'service_name', 'description', 'metadata', 'type', 'keywords', 'group']

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const posting = test.skipIf(!target.key)

  test.for(target.formats)(
    'GR-GEN-01 GR-GEN-02 GR-GEN-03 serves all GET operations, in %s',
    async (format) => {
      const services = expectList(await get(target, format, '/services'), format)
      expect(services.length).toBeGreaterThan(0)
      const code = encodeURIComponent(getText(first(services), 'service_code'))
      expectOk(await get(target, format, `/services/${code}`), format)
      const list = expectList(await get(target, format, '/requests'), format)
      const id = getText(first(list), 'service_request_id')
      expectOk(await get(target, format, `/requests/${encodeURIComponent(id)}`), format)
      expectErrors(await get(target, format, '/tokens/no-such-token-0000'), format, 404)
    },
  )

  test('GR-GEN-01 GR-GEN-03 every operation has its own XML root', async () => {
    const [code, id] = [first(await getServices(target)), first(await getRecent(target))]
    const roots: [string, string][] = [
      ['/services', 'services'],
      [`/services/${encodeURIComponent(getText(code, 'service_code'))}`, 'service_definition'],
      ['/requests', 'service_requests'],
      [`/requests/${encodeURIComponent(getText(id, 'service_request_id'))}`, 'service_requests'],
      ['/tokens/no-such-token-0000', 'errors'],
      ['/requests/no-such-id-0000', 'errors'],
    ]
    for (const [path, root] of roots)
      expect(parseXmlRoot(await get(target, 'xml', path)).name, path).toBe(root)
    expect(parseXmlRoot(await getDiscovery(target, 'xml')).name).toBe('discovery')
  })

  posting.for(target.formats)('GR-GEN-01 GR-GEN-02 serves POST requests, in %s', async (format) => {
    const service_code = await findPlainService(target)
    expectOk(await post(target, format, { service_code, ...(await getLocation(target)) }), format)
  })

  test('GR-GEN-02 the suffix selects the format and overrides Accept', async ({ skip }) => {
    const id = encodeURIComponent(getText(first(await getRecent(target)), 'service_request_id'))
    if (!target.formats.includes('json')) skip('discovery of this target lists XML only')
    for (const path of ['/services', '/requests', `/requests/${id}`]) {
      expectOk(
        await sendRequest(target, `${path}.xml`, {}, { headers: { accept: 'application/json' } }),
        'xml',
      )
      expectOk(await sendRequest(target, `${path}.json`, {}, { headers: { accept: 'text/xml' } }), 'json')
    }
  })

  test('GR-GEN-04 serves exactly the formats that discovery lists', async () => {
    const discovery = (await getDiscovery(target, 'xml')).text
    const json = await get(target, 'json', '/services')
    if (discovery.includes('application/json')) expectOk(json, 'json')
    else expect(json.status, describeResponse(json)).not.toBe(200)
  })

  test.for(target.formats)(
    'GR-GEN-06 standard documents have only members of the standard, in %s',
    async (format) => {
      for (const one of expectList(await get(target, format, '/services'), format))
        expect(SERVICE).toEqual(expect.arrayContaining(Object.keys(one)))
      for (const one of expectList(await get(target, format, '/requests', getPastWindow()), format))
        expect(REQUEST_MEMBERS).toEqual(expect.arrayContaining(Object.keys(one)))
    },
  )

  own('GR-GEN-07 A-38 without a suffix Accept selects the format, and XML is the default', async () => {
    const id = getText(first(await getPast(target)), 'service_request_id')
    for (const path of ['/services', '/services/STREET-LIGHT', '/requests', `/requests/${id}`]) {
      expectOk(await sendRequest(target, path), 'xml')
      expectOk(await sendRequest(target, path, {}, { headers: { accept: 'application/json' } }), 'json')
      expectOk(await sendRequest(target, path, {}, { headers: { accept: 'text/xml' } }), 'xml')
      expectOk(
        await sendRequest(target, path, {}, { headers: { accept: 'application/json, */*;q=0.5' } }),
        'json',
      )
      expectOk(
        await sendRequest(target, path, {}, { headers: { accept: 'text/xml, application/json;q=0.5' } }),
        'xml',
      )
    }
    const form = addKey(target, { service_code: 'POTHOLE', ...(await getLocation(target)) })
    expectOk(await sendRequest(target, '/requests', {}, { form }), 'xml')
    expectOk(
      await sendRequest(target, '/requests', {}, { form, headers: { accept: 'application/json' } }),
      'json',
    )
    expectErrors(
      await sendRequest(target, '/requests/none-0', {}, { headers: { accept: 'application/json' } }),
      'json',
      404,
    )
    expectErrors(await sendRequest(target, '/requests/none-0'), 'xml', 404)
  })

  test('GR-GEN-07 A-38 sends 404 with an XML body for an unknown suffix', async () => {
    expectErrors(await sendRequest(target, '/services.banana'), 'xml', 404)
    expectErrors(await sendRequest(target, '/requests.banana'), 'xml', 404)
  })

  test.skipIf(target.own || /\/\/(localhost|127\.|\[::1\])/.test(target.url))(
    'GR-GEN-09 the endpoint URL uses https',
    async () => {
      expect(target.url).toMatch(/^https:/)
    },
  )
})
