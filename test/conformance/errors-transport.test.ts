import { describe, expect, test } from 'vitest'
import { about, expectErrors } from './answer.js'
import { call, encode, get, post, rawCall, withKey } from './client.js'
import { refusals } from './refusals.js'
import { LAMP } from './rivertown.js'
import { targets } from './targets.js'

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)

  own.for(target.formats)('GR-ERR-10 A-11 a body over the limit is 413, in %s', async (format) => {
    const start = encode(withKey(target, { ...LAMP }))
    const body = Buffer.from(`${start}&description=${'x'.repeat(1_200_000)}`)
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    expectErrors(await rawCall(target, `requests.${format}`, { method: 'POST', body, headers }), format, 413)
    const open = { ...headers, 'transfer-encoding': 'chunked' }
    expectErrors(
      await rawCall(target, `requests.${format}`, { method: 'POST', body, headers: open }),
      format,
      413,
    )
  })

  own('GR-ERR-10 a body just under the limit is read to its end', async () => {
    const fields = { ...LAMP, 'attribute[NO_SUCH]': 'x'.repeat(900_000), description: 'y'.repeat(4001) }
    expectErrors(await post(target, 'json', fields), 'json', 400, /description/)
  })

  own('GR-ERR-10 unknown places answer an error document, never HTML', async () => {
    const origin = new URL(target.url).origin
    for (const path of [
      '/banana',
      '/open311/banana',
      '/open311/v1/services',
      '/banana.php',
      '/open311/v2/banana',
      '/.env',
      '/open311',
    ])
      expectErrors(await call(target, origin + path, {}, { headers: { accept: '*/*' } }), 'xml', 404)
    expectErrors(await call(target, `${origin}/banana.json`), 'json', 404)
    expectErrors(await call(target, `${origin}/banana.xml`), 'xml', 404)
    expectErrors(await call(target, `${target.url}/banana.json`, {}, { form: { a: 'b' } }), 'json', 404)
    expectErrors(await call(target, `${target.url}/banana.xml`, {}, { method: 'DELETE' }), 'xml', 404)
  })

  test.for(target.formats)('GR-ERR-10 no refusal is HTML or empty, in %s', async (format) => {
    for (const answer of [...(await refusals(target, format)), await get(target, format, '/banana')]) {
      expect(answer.text, about(answer)).not.toMatch(/<html|<!doctype html/i)
      expect(answer.bytes.length).toBeGreaterThan(0)
    }
  })

  own.for(target.formats)(
    'GR-ERR-10 broken bodies are refused in the asked format, in %s',
    async (format) => {
      const bodies: [string, string][] = [
        ['application/json', '{"service_code":'],
        ['application/json', '[]'],
        ['application/json', '"x"'],
        ['application/json', 'null'],
        ['application/json', ''],
        ['multipart/form-data; boundary=x', 'no boundary here'],
        ['multipart/form-data; boundary=x', '--x\r\nContent-Disp'],
        ['application/xml', '<a/>'],
        ['text/plain', 'a=b'],
        ['nonsense', 'a=b'],
      ]
      for (const [type, body] of bodies) {
        const headers = { 'content-type': type }
        const answer = await call(target, `/requests.${format}`, withKey(target, {}), {
          method: 'POST',
          body: Buffer.from(body),
          headers,
        })
        expectErrors(answer, format, 400)
      }
    },
  )
})
