import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { about, expectErrors, expectOk, first, ids, listOf, oneOf, plain, word } from './answer.js'
import { call, get, rawCall, withKey } from './client.js'
import { file, past, pastWindow, place, recent } from './exploring.js'
import { targets } from './targets.js'

// How paths are read: slashes, percent signs, letter case, aliases; and what caches and compression do to an answer.

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const base = new URL(target.url).pathname
  const tail = target.jurisdiction_id ? `?jurisdiction_id=${encodeURIComponent(target.jurisdiction_id)}` : ''

  own('A-41 doubled and trailing slashes are accepted', async () => {
    const id = word(first(await past(target)), 'service_request_id')
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
      expectOk(await rawCall(target, path), format)
  })

  own('A-41 a POST to a doubled slash is answered, not redirected', async () => {
    const form = withKey(target, { service_code: 'POTHOLE', ...(await place(target)) })
    expectOk(await call(target, '//requests.json', {}, { form }), 'json')
    expectOk(await call(target, '/requests.json/', {}, { form }), 'json')
  })

  test('A-39 a percent-encoded id is the same id', async () => {
    const id = word(first(await recent(target)), 'service_request_id')
    const coded = [...new TextEncoder().encode(id)]
      .map((byte) => `%${byte.toString(16).padStart(2, '0')}`)
      .join('')
    for (const format of target.formats)
      expect(
        oneOf(await rawCall(target, `${base}/requests/${coded}.${format}${tail}`), format).service_request_id,
      ).toBe(id)
  })

  test.for(target.formats)(
    'A-39 GR-ONE-06 everything before the last suffix is the id, in %s',
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
        expectErrors(await rawCall(target, `${base}/requests/${id}.${format}${tail}`), format, 404)
      for (const code of ['no.such', 'Works%3AHighway%3APothole', 'none%2Fsuch', '%C3%A9'])
        expectErrors(await rawCall(target, `${base}/services/${code}.${format}${tail}`), format, 404)
    },
  )

  own('A-39 a stray or broken percent sign in a path is no crash', async () => {
    for (const id of ['100%', '%zz', '%', '%E0%A4%A', '%FF', '%00']) {
      const answer = await rawCall(target, `${base}/requests/${id}.json`)
      expectErrors(answer, 'json', [400, 404])
    }
  })

  own('A-60 resources are lower case, and so are argument names', async () => {
    expectErrors(await call(target, '/Services.xml'), 'xml', 404)
    expectErrors(await call(target, '/REQUESTS.json'), 'json', 404)
    const usual = listOf(await get(target, 'json', '/requests', pastWindow()), 'json')
    expect(
      listOf(await get(target, 'json', '/requests', { ...pastWindow(), STATUS: 'banana' }), 'json'),
    ).toEqual(usual)
  })

  own('A-58 services, definitions and discovery carry an ETag, and a repeated question is 304', async () => {
    for (const path of ['/services', '/services/STREET-LIGHT', '/discovery'])
      for (const format of target.formats) {
        const full = await get(target, format, path)
        const tag = full.headers.get('etag')
        expect(tag, about(full)).toMatch(/^(W\/)?"[^"]+"$/)
        const again = await call(
          target,
          `${path}.${format}`,
          {},
          { headers: { 'if-none-match': String(tag) } },
        )
        expect(again.status, about(again)).toBe(304)
        expect(again.bytes.length).toBe(0)
        expect(again.headers.get('etag')).toBe(tag)
        const listed = await call(
          target,
          `${path}.${format}`,
          {},
          { headers: { 'if-none-match': `"other", ${tag}` } },
        )
        expect(listed.status, about(listed)).toBe(304)
        const changed = await call(
          target,
          `${path}.${format}`,
          {},
          { headers: { 'if-none-match': '"other"' } },
        )
        expectOk(changed, format)
        expect(changed.text).toBe(full.text)
      }
  })

  own('A-58 without a suffix the formats are told apart by caches', async () => {
    const answer = await call(target, '/services', {}, { headers: { accept: 'application/json' } })
    expect(answer.headers.get('vary') ?? '', about(answer)).toMatch(/accept\b|\*/i)
    const tag = String(answer.headers.get('etag'))
    const xml = await call(target, '/services', {}, { headers: { accept: 'text/xml', 'if-none-match': tag } })
    expect(xml.status, 'the tag of the JSON rendering fits the XML rendering').toBe(200)
  })

  test('A-58 a compressed answer is the same answer, and deflate is not used', async () => {
    const path = `${base}/services.xml${tail}`
    const identity = await rawCall(target, path, { headers: { 'accept-encoding': 'identity' } })
    const packed = await rawCall(target, path, { headers: { 'accept-encoding': 'gzip' } })
    const bytes = packed.headers.get('content-encoding') === 'gzip' ? gunzipSync(packed.bytes) : packed.bytes
    expect(Buffer.from(bytes).equals(Buffer.from(identity.bytes)), 'gzip changes the document').toBe(true)
    const deflate = await rawCall(target, path, { headers: { 'accept-encoding': 'deflate' } })
    expect(deflate.headers.get('content-encoding') ?? 'identity').toBe('identity')
  })

  own('A-59 a locale argument and Accept-Language are tolerated', async () => {
    for (const format of target.formats) {
      expectOk(await get(target, format, '/services', { locale: 'fi' }), format)
      expectOk(await get(target, format, '/services/STREET-LIGHT', { locale: 'de-AT' }), format)
      expectOk(
        await call(target, `/services.${format}`, {}, { headers: { 'accept-language': 'xx, *;q=0.1' } }),
        format,
      )
    }
  })

  own('A-38 a GET may carry a Content-Type', async () => {
    for (const type of ['application/json', 'text/xml', 'application/x-www-form-urlencoded', 'nonsense'])
      for (const format of target.formats)
        expectOk(await call(target, `/services.${format}`, {}, { headers: { 'content-type': type } }), format)
  })

  own('A-40 JSONP is off: callback changes nothing', async () => {
    const usual = await get(target, 'json', '/requests', pastWindow())
    const asked = await get(target, 'json', '/requests', { ...pastWindow(), callback: 'alert(1)//' })
    expect(asked.headers.get('content-type')).toBe(usual.headers.get('content-type'))
    expect(asked.text).toBe(usual.text)
  })

  own('GR-GEN-06 unknown arguments on reads change nothing', async () => {
    const odd = {
      field_email: 'a',
      order_by: 'email',
      sort_by: 'api_key',
      has_photo: '1',
      nonsense: "' or 1=1 --",
    }
    const usual = plain(await get(target, 'json', '/requests', pastWindow()), 'json')
    expect(plain(await get(target, 'json', '/requests', { ...pastWindow(), ...odd }), 'json')).toEqual(usual)
    const id = await file(target)
    expect(plain(await get(target, 'xml', `/requests/${id}`, odd), 'xml')).toEqual(
      plain(await get(target, 'xml', `/requests/${id}`), 'xml'),
    )
    expect(
      ids(listOf(await get(target, 'xml', '/requests', { service_request_id: id, ...odd }), 'xml')),
    ).toEqual([id])
  })
})
