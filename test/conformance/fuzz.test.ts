import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fixedSeed } from '../harness/property-seed.js'
import { about, CONTENT_TYPE, errorsOf, plain } from './answer.js'
import { type Answer, call, get, rawCall, withKey } from './client.js'
import { args, format, segment, text } from './fuzz-values.js'
import type { Format } from './target.js'
import { targets, testEndpointOf } from './targets.js'

// Random questions on every operation, always the same ones: the seed is fixed.

const SEED = fixedSeed(3112)
const RUNS = 60

/** Whatever was asked: an answer or a refusal of the standard, in the asked format, strict, without insides shown. */
function expectSane(answer: Answer, asked: Format): void {
  expect(answer.status, about(answer)).toBeLessThan(500)
  expect([200, 400, 403, 404, 405, 413], about(answer)).toContain(answer.status)
  expect(answer.headers.get('content-type') ?? '', about(answer)).toMatch(CONTENT_TYPE[asked])
  expect(answer.text, about(answer)).not.toMatch(
    /<html|<!doctype|node_modules|\n\s+at \S+ \(|syntax error|PGlite|postgres|kysely|ZodError/i,
  )
  if (answer.status === 200) plain(answer, asked)
  else errorsOf(answer, asked)
}

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const check = (property: Parameters<typeof fc.assert>[0], numRuns = RUNS) =>
    fc.assert(property, { seed: SEED, numRuns, endOnFailure: true })
  const usable = (asked: Format): Format => (target.formats.includes(asked) ? asked : 'xml')

  test.for(['/services', '/services/none-0', '/requests', '/requests/none-0', '/tokens/none-0'])(
    'GR-ERR-01 GR-ERR-10 random arguments on GET %s give an answer or a refusal, in the asked format',
    async (path) => {
      await check(
        fc.asyncProperty(args, format, async (said, asked) => {
          // never the whole list, which would only cost time
          const bounded: [string, string][] =
            path === '/requests' ? [['end_date', '1990-01-01'], ...said] : said
          expectSane(await get(target, usable(asked), path, bounded), usable(asked))
        }),
      )
    },
  )

  own('GR-ERR-05 GR-ERR-10 random ids in paths are found or 404 or 400', async () => {
    await check(
      fc.asyncProperty(
        fc.constantFrom('services', 'requests', 'tokens'),
        segment,
        format,
        async (resource, id, asked) => {
          const answer = await rawCall(
            target,
            `${resource}/${encodeURIComponent(id.toWellFormed())}.${asked}`,
          )
          expectSane(answer, asked)
          expect([200, 400, 404], about(answer)).toContain(answer.status)
        },
      ),
    )
  })

  own('GR-ERR-10 random bytes in a query string are no crash', async () => {
    const byte = fc.constantFrom(...'abc=&%+;[]?/.~!*()\'"0123456789ABCDEF<>{}|\\^`,:@$#-_')
    await check(
      fc.asyncProperty(fc.string({ unit: byte, maxLength: 60 }), format, async (query, asked) => {
        const said = query.replaceAll('#', '').replaceAll(' ', '')
        expectSane(await rawCall(target, `requests.${asked}?service_request_id=none-0&${said}`), asked)
      }),
    )
  })

  test('GR-LIST-11 a malformed filter is never answered with 200', async () => {
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
      fc.asyncProperty(filter, format, async ([argument, value], asked) => {
        const answer = await get(target, usable(asked), '/requests', { [argument]: value })
        expect(answer.status, about(answer)).toBe(400)
        errorsOf(answer, usable(asked))
      }),
    )
  })

  test('GR-KEY-02 GR-ERR-10 random forms without a key are 403', async () => {
    await check(
      fc.asyncProperty(args, format, async (said, asked) => {
        const form = said.filter(([one]) => one !== 'api_key')
        const answer = await call(target, `/requests.${usable(asked)}`, {}, { form })
        expect(answer.status, about(answer)).toBe(403)
        errorsOf(answer, usable(asked))
      }),
      30,
    )
  })

  own(
    'GR-ERR-01 GR-ERR-10 random forms with a key are taken or refused, and what is taken reads strictly',
    async () => {
      const trial = testEndpointOf(target)
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
          async (said, service_code, asked) => {
            const form: [string, string][] = withKey(trial, [
              ...(Math.abs(said.length) > 3 ? [] : [['service_code', service_code] as [string, string]]),
              ...said,
            ])
            const answer = await call(trial, `/requests.${asked}`, {}, { form })
            expectSane(answer, asked)
            if (answer.status !== 200) return
            const id = (plain(answer, asked) as { service_request_id?: string }[])[0]?.service_request_id
            if (id === undefined) return
            const [xml, json] = [
              await get(trial, 'xml', `/requests/${id}`),
              await get(trial, 'json', `/requests/${id}`),
            ]
            expect(plain(xml, 'xml')).toEqual(plain(json, 'json'))
          },
        ),
      )
    },
  )

  own('GR-ENC-07 GR-JSON-01 any text that is taken comes back the same in XML and JSON', async () => {
    const trial = testEndpointOf(target)
    await check(
      fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), async (description) => {
        const form = withKey(trial, {
          service_code: 'POTHOLE',
          address_string: `1 ${description}`,
          description,
        })
        const answer = await call(trial, '/requests.json', {}, { form })
        expect(answer.status, about(answer)).toBe(200)
        const id = (plain(answer, 'json') as { service_request_id: string }[])[0]?.service_request_id
        const [xml, json] = [
          await get(trial, 'xml', `/requests/${id}`),
          await get(trial, 'json', `/requests/${id}`),
        ]
        expect(plain(xml, 'xml')).toEqual(plain(json, 'json'))
      }),
    )
  })

  own('GR-ERR-10 random bodies of every content type are refused or taken, never a crash', async () => {
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
      fc.asyncProperty(type, content, format, async (contentType, body, asked) => {
        const bytes = new TextEncoder().encode(body)
        const answer = await rawCall(target, `requests.${asked}?api_key=${target.key}`, {
          method: 'POST',
          body: bytes,
          headers: { 'content-type': contentType },
        })
        expectSane(answer, asked)
        expect(answer.status, 'such a body cannot be a whole submission').not.toBe(200)
      }),
    )
  })
})
