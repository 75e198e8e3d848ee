import { describe, expect, test } from 'vitest'
import { addKey, encodeArgs, get, post, sendRawRequest, sendRequest } from './client.js'
import { requestRefusals } from './refusals.js'
import { describeResponse, expectErrors } from './response.js'
import { LAMP } from './rivertown.js'
import { targets } from './targets.js'

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)

  own.for(target.formats)('GR-ERR-10 A-11 sends 413 for a body over the limit, in %s', async (format) => {
    const start = encodeArgs(addKey(target, { ...LAMP }))
    const body = Buffer.from(`${start}&description=${'x'.repeat(1_200_000)}`)
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    expectErrors(
      await sendRawRequest(target, `requests.${format}`, { method: 'POST', body, headers }),
      format,
      413,
    )
    const chunked = { ...headers, 'transfer-encoding': 'chunked' }
    expectErrors(
      await sendRawRequest(target, `requests.${format}`, { method: 'POST', body, headers: chunked }),
      format,
      413,
    )
  })

  own('GR-ERR-10 reads a body just under the limit to its end', async () => {
    const fields = { ...LAMP, 'attribute[NO_SUCH]': 'x'.repeat(900_000), description: 'y'.repeat(4001) }
    expectErrors(await post(target, 'json', fields), 'json', 400, /description/)
  })

  own('GR-ERR-10 sends an error document for unknown paths, never HTML', async () => {
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
      expectErrors(await sendRequest(target, origin + path, {}, { headers: { accept: '*/*' } }), 'xml', 404)
    expectErrors(await sendRequest(target, `${origin}/banana.json`), 'json', 404)
    expectErrors(await sendRequest(target, `${origin}/banana.xml`), 'xml', 404)
    expectErrors(
      await sendRequest(target, `${target.url}/banana.json`, {}, { form: { a: 'b' } }),
      'json',
      404,
    )
    expectErrors(await sendRequest(target, `${target.url}/banana.xml`, {}, { method: 'DELETE' }), 'xml', 404)
  })

  test.for(target.formats)('GR-ERR-10 no refusal is HTML or empty, in %s', async (format) => {
    for (const response of [
      ...(await requestRefusals(target, format)),
      await get(target, format, '/banana'),
    ]) {
      expect(response.text, describeResponse(response)).not.toMatch(/<html|<!doctype html/i)
      expect(response.bytes.length).toBeGreaterThan(0)
    }
  })

  own.for(target.formats)(
    'GR-ERR-10 refuses invalid bodies in the requested format, in %s',
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
        const response = await sendRequest(target, `/requests.${format}`, addKey(target, {}), {
          method: 'POST',
          body: Buffer.from(body),
          headers,
        })
        expectErrors(response, format, 400)
      }
    },
  )
})
