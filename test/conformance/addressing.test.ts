import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { addKey, get, sendRawRequest, sendRequest } from './client.js'
import { getLocation, getPast, getPastWindow, getRecent, submit } from './explore.js'
import {
  describeResponse,
  expectErrors,
  expectList,
  expectOk,
  expectOne,
  first,
  getIds,
  getText,
  parsePlain,
} from './response.js'
import { targets } from './targets.js'

// Paths: slashes, percent signs, letter case and aliases. Responses: conditional requests and compression.

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const base = new URL(target.url).pathname
  const tail = target.jurisdiction_id ? `?jurisdiction_id=${encodeURIComponent(target.jurisdiction_id)}` : ''

  own('A-41 accepts doubled and trailing slashes', async () => {
    const id = getText(first(await getPast(target)), 'service_request_id')
    for (const [path, format] of [
      [`${base}//services.xml`, 'xml'],
      [`${base}//services.json`, 'json'],
      [`${base}//services//POTHOLE.json`, 'json'],
      [`${base}//requests//${id}.xml`, 'xml'],
      [`/${base}/services.json`, 'json'],
      [`${base}/services.json/`, 'json'],
      [`${base}/services/`, 'xml'],
      [`${base}/requests/${id}.json/`, 'json'],
    ] as const)
      expectOk(await sendRawRequest(target, path), format)
  })

  own('A-41 accepts a POST to a path with a doubled slash without a redirect', async () => {
    const form = addKey(target, { service_code: 'POTHOLE', ...(await getLocation(target)) })
    expectOk(await sendRequest(target, '//requests.json', {}, { form }), 'json')
    expectOk(await sendRequest(target, '/requests.json/', {}, { form }), 'json')
  })

  test('A-39 decodes a percent-encoded id', async () => {
    const id = getText(first(await getRecent(target)), 'service_request_id')
    const encoded = [...new TextEncoder().encode(id)]
      .map((byte) => `%${byte.toString(16).padStart(2, '0')}`)
      .join('')
    for (const format of target.formats)
      expect(
        expectOne(await sendRawRequest(target, `${base}/requests/${encoded}.${format}${tail}`), format)
          .service_request_id,
      ).toBe(id)
  })

  test.for(target.formats)(
    'A-39 GR-ONE-06 reads everything before the last suffix as the id, in %s',
    async (format) => {
      for (const id of [
        'a.b',
        'none.xml',
        'none.json',
        'none%2Fsuch',
        'none%20such',
        'no%3Asuch%3Aid',
        '%F0%9F%92%A1',
        'a.b.c-d_e',
      ])
        expectErrors(await sendRawRequest(target, `${base}/requests/${id}.${format}${tail}`), format, 404)
      for (const code of ['no.such', 'Works%3AHighway%3APothole', 'none%2Fsuch', '%C3%A9'])
        expectErrors(await sendRawRequest(target, `${base}/services/${code}.${format}${tail}`), format, 404)
    },
  )

  own('A-39 sends 400 or 404 for an invalid percent sequence in a path', async () => {
    for (const id of ['100%', '%zz', '%', '%E0%A4%A', '%FF', '%00']) {
      const response = await sendRawRequest(target, `${base}/requests/${id}.json`)
      expectErrors(response, 'json', [400, 404])
    }
  })

  own('A-60 resource names and argument names are case-sensitive', async () => {
    expectErrors(await sendRequest(target, '/Services.xml'), 'xml', 404)
    expectErrors(await sendRequest(target, '/REQUESTS.json'), 'json', 404)
    const usual = expectList(await get(target, 'json', '/requests', getPastWindow()), 'json')
    expect(
      expectList(await get(target, 'json', '/requests', { ...getPastWindow(), STATUS: 'banana' }), 'json'),
    ).toEqual(usual)
  })

  own('A-58 services, definitions and discovery have an ETag, and If-None-Match gives 304', async () => {
    for (const path of ['/services', '/services/STREET-LIGHT', '/discovery'])
      for (const format of target.formats) {
        const full = await get(target, format, path)
        const tag = full.headers.get('etag')
        expect(tag, describeResponse(full)).toMatch(/^(W\/)?"[^"]+"$/)
        const again = await sendRequest(
          target,
          `${path}.${format}`,
          {},
          { headers: { 'if-none-match': String(tag) } },
        )
        expect(again.status, describeResponse(again)).toBe(304)
        expect(again.bytes.length).toBe(0)
        expect(again.headers.get('etag')).toBe(tag)
        const listed = await sendRequest(
          target,
          `${path}.${format}`,
          {},
          { headers: { 'if-none-match': `"other", ${tag}` } },
        )
        expect(listed.status, describeResponse(listed)).toBe(304)
        const changed = await sendRequest(
          target,
          `${path}.${format}`,
          {},
          { headers: { 'if-none-match': '"other"' } },
        )
        expectOk(changed, format)
        expect(changed.text).toBe(full.text)
      }
  })

  own('A-58 sends Vary: Accept for paths without a suffix, and a different ETag per format', async () => {
    const response = await sendRequest(target, '/services', {}, { headers: { accept: 'application/json' } })
    expect(response.headers.get('vary') ?? '', describeResponse(response)).toMatch(/accept\b|\*/i)
    const tag = String(response.headers.get('etag'))
    const xml = await sendRequest(
      target,
      '/services',
      {},
      { headers: { accept: 'text/xml', 'if-none-match': tag } },
    )
    expect(xml.status, 'the tag of the JSON rendering fits the XML rendering').toBe(200)
  })

  test('A-58 a compressed response has the same content, and deflate is not used', async () => {
    const path = `${base}/services.xml${tail}`
    const identity = await sendRawRequest(target, path, { headers: { 'accept-encoding': 'identity' } })
    const compressed = await sendRawRequest(target, path, { headers: { 'accept-encoding': 'gzip' } })
    const bytes =
      compressed.headers.get('content-encoding') === 'gzip' ? gunzipSync(compressed.bytes) : compressed.bytes
    expect(Buffer.from(bytes).equals(Buffer.from(identity.bytes)), 'gzip changes the document').toBe(true)
    const deflate = await sendRawRequest(target, path, { headers: { 'accept-encoding': 'deflate' } })
    expect(deflate.headers.get('content-encoding') ?? 'identity').toBe('identity')
  })

  own('A-59 accepts any locale argument and Accept-Language', async () => {
    for (const format of target.formats) {
      expectOk(await get(target, format, '/services', { locale: 'fi' }), format)
      expectOk(await get(target, format, '/services/STREET-LIGHT', { locale: 'de-AT' }), format)
      expectOk(
        await sendRequest(
          target,
          `/services.${format}`,
          {},
          { headers: { 'accept-language': 'xx, *;q=0.1' } },
        ),
        format,
      )
    }
  })

  own('A-38 ignores the Content-Type of a GET', async () => {
    for (const type of ['application/json', 'text/xml', 'application/x-www-form-urlencoded', 'nonsense'])
      for (const format of target.formats)
        expectOk(
          await sendRequest(target, `/services.${format}`, {}, { headers: { 'content-type': type } }),
          format,
        )
  })

  own('A-40 ignores callback, because JSONP is not supported', async () => {
    const usual = await get(target, 'json', '/requests', getPastWindow())
    const withCallback = await get(target, 'json', '/requests', {
      ...getPastWindow(),
      callback: 'alert(1)//',
    })
    expect(withCallback.headers.get('content-type')).toBe(usual.headers.get('content-type'))
    expect(withCallback.text).toBe(usual.text)
  })

  own('GR-GEN-06 ignores unknown arguments of GET requests', async () => {
    const unknownArgs = {
      field_email: 'a',
      order_by: 'email',
      sort_by: 'api_key',
      has_photo: '1',
      nonsense: "' or 1=1 --",
    }
    const usual = parsePlain(await get(target, 'json', '/requests', getPastWindow()), 'json')
    expect(
      parsePlain(await get(target, 'json', '/requests', { ...getPastWindow(), ...unknownArgs }), 'json'),
    ).toEqual(usual)
    const id = await submit(target)
    expect(parsePlain(await get(target, 'xml', `/requests/${id}`, unknownArgs), 'xml')).toEqual(
      parsePlain(await get(target, 'xml', `/requests/${id}`), 'xml'),
    )
    expect(
      getIds(
        expectList(await get(target, 'xml', '/requests', { service_request_id: id, ...unknownArgs }), 'xml'),
      ),
    ).toEqual([id])
  })
})
