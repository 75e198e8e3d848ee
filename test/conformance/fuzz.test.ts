import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fixedSeed } from '../harness/property-seed.js'
import { addKey, get, type HttpResponse, sendRawRequest, sendRequest } from './client.js'
import { args, format, segment, text } from './fuzz-values.js'
import { CONTENT_TYPE, describeResponse, parseErrors, parsePlain } from './response.js'
import type { Format } from './target.js'
import { selectTestEndpoint, targets } from './targets.js'

// Random requests to every operation, with a fixed seed.

const SEED = fixedSeed(3112)
const RUNS = 60

/** Expects a well-formed document or refusal in the requested format, without internal details. */
function expectSane(response: HttpResponse, suffix: Format): void {
  expect(response.status, describeResponse(response)).toBeLessThan(500)
  expect([200, 400, 403, 404, 405, 413], describeResponse(response)).toContain(response.status)
  expect(response.headers.get('content-type') ?? '', describeResponse(response)).toMatch(CONTENT_TYPE[suffix])
  expect(response.text, describeResponse(response)).not.toMatch(
    /<html|<!doctype|node_modules|\n\s+at \S+ \(|syntax error|PGlite|postgres|kysely|ZodError/i,
  )
  if (response.status === 200) parsePlain(response, suffix)
  else parseErrors(response, suffix)
}

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const check = (property: Parameters<typeof fc.assert>[0], numRuns = RUNS) =>
    fc.assert(property, { seed: SEED, numRuns, endOnFailure: true })
  const selectFormat = (suffix: Format): Format => (target.formats.includes(suffix) ? suffix : 'xml')

  test.for(['/services', '/services/none-0', '/requests', '/requests/none-0', '/tokens/none-0'])(
    'GR-ERR-01 GR-ERR-10 GET %s with random arguments returns a document or a refusal in the requested format',
    async (path) => {
      await check(
        fc.asyncProperty(args, format, async (input, suffix) => {
          // A bound on the list saves time.
          const bounded: [string, string][] =
            path === '/requests' ? [['end_date', '1990-01-01'], ...input] : input
          expectSane(await get(target, selectFormat(suffix), path, bounded), selectFormat(suffix))
        }),
      )
    },
  )

  own('GR-ERR-05 GR-ERR-10 sends 200, 400 or 404 for random ids in paths', async () => {
    await check(
      fc.asyncProperty(
        fc.constantFrom('services', 'requests', 'tokens'),
        segment,
        format,
        async (resource, id, suffix) => {
          const response = await sendRawRequest(
            target,
            `${resource}/${encodeURIComponent(id.toWellFormed())}.${suffix}`,
          )
          expectSane(response, suffix)
          expect([200, 400, 404], describeResponse(response)).toContain(response.status)
        },
      ),
    )
  })

  own('GR-ERR-10 accepts or refuses random bytes in a query string', async () => {
    const byte = fc.constantFrom(...'abc=&%+;[]?/.~!*()\'"0123456789ABCDEF<>{}|\\^`,:@$#-_')
    await check(
      fc.asyncProperty(fc.string({ unit: byte, maxLength: 60 }), format, async (query, suffix) => {
        const input = query.replaceAll('#', '').replaceAll(' ', '')
        expectSane(
          await sendRawRequest(target, `requests.${suffix}?service_request_id=none-0&${input}`),
          suffix,
        )
      }),
    )
  })

  test('GR-LIST-11 refuses random malformed filters with 400', async () => {
    const bad = fc.string({ minLength: 1, maxLength: 15 })
    const status = bad.filter(
      (one) =>
        !/^[\s,]*(open|closed)?[\s,]*$/i.test(one) &&
        !/^\s*((open|closed)\s*,?\s*)+$/i.test(one) &&
        one.trim() !== '',
    )
    const date = bad.filter((one) => !/\d{4}-\d\d-\d\d/.test(one) && one.trim() !== '')
    const filter = fc.oneof(
      fc.tuple(fc.constant('status'), status),
      fc.tuple(fc.constantFrom('start_date', 'end_date'), date),
    )
    await check(
      fc.asyncProperty(filter, format, async ([argument, value], suffix) => {
        const response = await get(target, selectFormat(suffix), '/requests', { [argument]: value })
        expect(response.status, describeResponse(response)).toBe(400)
        parseErrors(response, selectFormat(suffix))
      }),
    )
  })

  test('GR-KEY-02 GR-ERR-10 sends 403 for random forms without a key', async () => {
    await check(
      fc.asyncProperty(args, format, async (input, suffix) => {
        const form = input.filter(([one]) => one !== 'api_key')
        const response = await sendRequest(target, `/requests.${selectFormat(suffix)}`, {}, { form })
        expect(response.status, describeResponse(response)).toBe(403)
        parseErrors(response, selectFormat(suffix))
      }),
      30,
    )
  })

  own(
    'GR-ERR-01 GR-ERR-10 accepts or refuses random forms with a key; accepted requests are equal in XML and JSON',
    async () => {
      const testEndpoint = selectTestEndpoint(target)
      const field = fc.tuple(
        fc.constantFrom(
          'description',
          'address_string',
          'address_id',
          'email',
          'media_url',
          'lat',
          'long',
          'account_id',
          'jurisdiction_id',
          'service_code',
          'attribute[LAMP_NO]',
          'attribute[FAULT][]',
          'attribute[LAMP_TYPE]',
          'attribute[LAMP_COUNT]',
          'attribute[SINCE]',
          'phone',
          'attribute[]',
        ),
        text,
      )
      await check(
        fc.asyncProperty(
          fc.array(field, { maxLength: 5 }),
          fc.constantFrom('POTHOLE', 'STREET-LIGHT', 'WEBSITE', 'BULK-PICKUP'),
          format,
          async (input, service_code, suffix) => {
            const form: [string, string][] = addKey(testEndpoint, [
              ...(Math.abs(input.length) > 3 ? [] : [['service_code', service_code] as [string, string]]),
              ...input,
            ])
            const response = await sendRequest(testEndpoint, `/requests.${suffix}`, {}, { form })
            expectSane(response, suffix)
            if (response.status !== 200) return
            const id = (parsePlain(response, suffix) as { service_request_id?: string }[])[0]
              ?.service_request_id
            if (id === undefined) return
            const [xml, json] = [
              await get(testEndpoint, 'xml', `/requests/${id}`),
              await get(testEndpoint, 'json', `/requests/${id}`),
            ]
            expect(parsePlain(xml, 'xml')).toEqual(parsePlain(json, 'json'))
          },
        ),
      )
    },
  )

  own('GR-ENC-07 GR-JSON-01 random text is equal in XML and JSON', async () => {
    const testEndpoint = selectTestEndpoint(target)
    await check(
      fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), async (description) => {
        const form = addKey(testEndpoint, {
          service_code: 'POTHOLE',
          address_string: `1 ${description}`,
          description,
        })
        const response = await sendRequest(testEndpoint, '/requests.json', {}, { form })
        expect(response.status, describeResponse(response)).toBe(200)
        const id = (parsePlain(response, 'json') as { service_request_id: string }[])[0]?.service_request_id
        const [xml, json] = [
          await get(testEndpoint, 'xml', `/requests/${id}`),
          await get(testEndpoint, 'json', `/requests/${id}`),
        ]
        expect(parsePlain(xml, 'xml')).toEqual(parsePlain(json, 'json'))
      }),
    )
  })

  own('GR-ERR-10 refuses random bodies of every content type', async () => {
    const type = fc.constantFrom(
      'application/x-www-form-urlencoded',
      'application/json',
      'multipart/form-data; boundary=x',
      'multipart/form-data',
      'text/plain',
      'application/xml',
      ';',
      'a/b;c=',
    )
    const content = fc.oneof(
      fc.json(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('--x\r\n\r\n\r\n--x--\r\n', '--x--', '{"__proto__":1}', '[[[[', '&&&&=', 'a[b]c]=1'),
    )
    await check(
      fc.asyncProperty(type, content, format, async (contentType, body, suffix) => {
        const bytes = new TextEncoder().encode(body)
        const response = await sendRawRequest(target, `requests.${suffix}?api_key=${target.key}`, {
          method: 'POST',
          body: bytes,
          headers: { 'content-type': contentType },
        })
        expectSane(response, suffix)
        expect(response.status, 'such a body cannot be a whole submission').not.toBe(200)
      }),
    )
  })
})
