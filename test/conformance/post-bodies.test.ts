import { describe, expect, test } from 'vitest'
import { expectErrors, expectOk, oneOf, word } from './answer.js'
import { sendJson, sendMultipart, sendRaw } from './bodies.js'
import { call, encode, FORM, withKey } from './client.js'
import { found, marker } from './exploring.js'
import { INSIDE, LAMP } from './rivertown.js'
import { targets } from './targets.js'

type Pair = [string, string]

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const raw = (body: string, type: string | null = FORM) => sendRaw(target, body, type)
  const json = (body: unknown) => sendJson(target, body)
  const multipart = (fields: Pair[], ...files: [string, Blob, string][]) =>
    sendMultipart(target, fields, ...files)
  const start = () => withKey(target, { service_code: 'STREET-LIGHT', ...INSIDE })
  const lamp = () => withKey(target, { ...LAMP })

  own('A-13 the body wins over the query', async () => {
    const text = marker('body')
    const answer = await call(
      target,
      '/requests.json',
      { description: 'from the query' },
      { form: [...lamp(), ['description', text]] },
    )
    expect((await found(target, word(oneOf(answer, 'json'), 'service_request_id'))).description).toBe(text)
  })

  own('A-30 a body without content type is read as a form', async () => {
    const text = marker('untyped')
    const answer = await raw(encode([...lamp(), ['description', text]]), null)
    expect((await found(target, word(oneOf(answer, 'json'), 'service_request_id'))).description).toBe(text)
  })

  own('A-30 GR-ENC-05 multipart/form-data says the same as a form', async () => {
    const text = `Straße ☂ 𝒳 ${marker('multipart')}`
    const answer = await multipart([
      ...lamp(),
      ['description', text],
      ['attribute[FAULT][]', 'DARK'],
      ['email', ''],
    ])
    expect((await found(target, word(oneOf(answer, 'json'), 'service_request_id'))).description).toBe(text)
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

  own('A-30 EXT-38 a file part is taken or refused with 400, and not dropped silently', async () => {
    for (const name of ['media', 'media[]', 'photo1', 'file_abc'])
      expectErrors(
        await multipart(lamp(), [name, new Blob(['\x89PNG'], { type: 'image/png' }), 'a.png']),
        'json',
        400,
        new RegExp(name.replace('[]', '')),
      )
  })

  own('A-30 an empty file part is what a form sends when no file was chosen', async () => {
    expectOk(
      await multipart(lamp(), ['media', new Blob([], { type: 'application/octet-stream' }), '']),
      'json',
    )
  })

  own('A-30 a JSON object is taken, attributes nested or flat', async () => {
    const fields = {
      api_key: target.key,
      service_code: 'STREET-LIGHT',
      lat: 40.1,
      long: -91.5,
      description: marker('json'),
    }
    const nested = await json({
      ...fields,
      attribute: { LAMP_NO: 'K-1', LAMP_TYPE: 'WALL', FAULT: ['DARK', 'DAY'], LAMP_COUNT: 3 },
    })
    expect((await found(target, word(oneOf(nested, 'json'), 'service_request_id'))).description).toBe(
      fields.description,
    )
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

  own('A-30 JSON of an odd shape is refused, not crashed on', async () => {
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

  own('A-30 the format of the answer follows the suffix and not the body', async () => {
    const body = new TextEncoder().encode(
      JSON.stringify({ api_key: target.key, service_code: 'POTHOLE', ...INSIDE }),
    )
    expectOk(
      await call(
        target,
        '/requests.xml',
        {},
        { method: 'POST', body, headers: { 'content-type': 'application/json' } },
      ),
      'xml',
    )
  })
})
