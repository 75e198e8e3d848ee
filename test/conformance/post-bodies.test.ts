import { describe, expect, test } from 'vitest'
import { addKey, encodeArgs, FORM, sendRequest } from './client.js'
import { createMarker, getServiceRequest } from './explore.js'
import { expectErrors, expectOk, expectOne, getText } from './response.js'
import { INSIDE, LAMP } from './rivertown.js'
import { sendJson, sendMultipart, sendRaw } from './send-body.js'
import { targets } from './targets.js'

type Pair = [string, string]

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const raw = (body: string, type: string | null = FORM) => sendRaw(target, body, type)
  const json = (body: unknown) => sendJson(target, body)
  const multipart = (fields: Pair[], ...files: [string, Blob, string][]) =>
    sendMultipart(target, fields, ...files)
  const start = () => addKey(target, { service_code: 'STREET-LIGHT', ...INSIDE })
  const lamp = () => addKey(target, { ...LAMP })

  own('A-13 arguments of the body override those of the query', async () => {
    const text = createMarker('body')
    const response = await sendRequest(
      target,
      '/requests.json',
      { description: 'from the query' },
      { form: [...lamp(), ['description', text]] },
    )
    expect(
      (await getServiceRequest(target, getText(expectOne(response, 'json'), 'service_request_id')))
        .description,
    ).toBe(text)
  })

  own('A-30 reads a body without Content-Type as a form', async () => {
    const text = createMarker('untyped')
    const response = await raw(encodeArgs([...lamp(), ['description', text]]), null)
    expect(
      (await getServiceRequest(target, getText(expectOne(response, 'json'), 'service_request_id')))
        .description,
    ).toBe(text)
  })

  own('A-30 GR-ENC-05 reads multipart/form-data like a form', async () => {
    const text = `Straße ☂ 𝒳 ${createMarker('multipart')}`
    const response = await multipart([
      ...lamp(),
      ['description', text],
      ['attribute[FAULT][]', 'DARK'],
      ['email', ''],
    ])
    expect(
      (await getServiceRequest(target, getText(expectOne(response, 'json'), 'service_request_id')))
        .description,
    ).toBe(text)
    expectErrors(await multipart([...start(), ['attribute[LAMP_NO]', 'x']]), 'json', 400, /LAMP_TYPE/)
    expectErrors(
      await multipart([
        ['service_code', 'POTHOLE'],
        ['lat', INSIDE.lat],
        ['long', INSIDE.long],
      ]),
      'json',
      403,
    )
  })

  own('A-30 EXT-38 refuses an invalid file part with 400 instead of ignoring it', async () => {
    for (const name of ['media', 'media[]', 'photo1', 'file_abc'])
      expectErrors(
        await multipart(lamp(), [name, new Blob(['\x89PNG'], { type: 'image/png' }), 'a.png']),
        'json',
        400,
        new RegExp(name.replace('[]', '')),
      )
  })

  own('A-30 ignores an empty file part, which a form sends if no file is chosen', async () => {
    expectOk(
      await multipart(lamp(), ['media', new Blob([], { type: 'application/octet-stream' }), '']),
      'json',
    )
  })

  own('A-30 reads a JSON object with nested or flat attributes', async () => {
    const fields = {
      api_key: target.key,
      service_code: 'STREET-LIGHT',
      lat: 40.1,
      long: -91.5,
      description: createMarker('json'),
    }
    const nested = await json({
      ...fields,
      attribute: { LAMP_NO: 'K-1', LAMP_TYPE: 'WALL', FAULT: ['DARK', 'DAY'], LAMP_COUNT: 3 },
    })
    expect(
      (await getServiceRequest(target, getText(expectOne(nested, 'json'), 'service_request_id'))).description,
    ).toBe(fields.description)
    expectOk(
      await json({
        ...fields,
        'attribute[LAMP_NO]': 'K-1',
        'attribute[LAMP_TYPE]': 'WALL',
        'attribute[FAULT][]': ['DARK'],
      }),
      'json',
    )
    expectOk(
      await json({
        ...fields,
        lat: '40.1',
        long: '-91.5',
        email: null,
        attribute: { LAMP_NO: 'K-1', LAMP_TYPE: 'WALL', FAULT: null },
      }),
      'json',
    )
    expectErrors(
      await json({ ...fields, attribute: { LAMP_NO: 'K-1', LAMP_TYPE: 'TRIPLE', FAULT: ['BANANA'] } }),
      'json',
      400,
      /LAMP_TYPE/,
      /FAULT/,
    )
    expectErrors(
      await json({ ...fields, attribute: { LAMP_NO: 'K-1' } }),
      'json',
      400,
      /LAMP_TYPE\b.*\brequired/,
    )
    expectErrors(await json({ ...fields, api_key: undefined }), 'json', 403)
  })

  own('A-30 refuses or accepts JSON with unexpected types, without an internal error', async () => {
    const fields = { api_key: target.key, service_code: 'POTHOLE', lat: 40.1, long: -91.5 }
    for (const odd of [
      { description: { a: 1 } },
      { lat: {} },
      { lat: [40.1, 41] },
      { service_code: ['POTHOLE', 'GRAFFITI'] },
      { lat: true },
    ])
      expectErrors(await json({ ...fields, ...odd }), 'json', 400)
    for (const odd of [
      { attribute: 'x' },
      { attribute: [] },
      { attribute: [1] },
      { attribute: { A: { B: { C: 1 } } } },
      { attribute: null },
      JSON.parse('{"__proto__":{"x":1}}'),
    ])
      expect([200, 400], JSON.stringify(odd)).toContain((await json({ ...fields, ...odd })).status)
  })

  own('A-30 the suffix, not the body, selects the format of the response', async () => {
    const body = new TextEncoder().encode(
      JSON.stringify({ api_key: target.key, service_code: 'POTHOLE', ...INSIDE }),
    )
    expectOk(
      await sendRequest(
        target,
        '/requests.xml',
        {},
        { method: 'POST', body, headers: { 'content-type': 'application/json' } },
      ),
      'xml',
    )
  })
})
