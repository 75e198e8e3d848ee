import { describe, expect, test } from 'vitest'
import { about, errorsOf, expectErrors, first, word } from './answer.js'
import { call, get, post, withKey } from './client.js'
import { place, plainService, recent } from './exploring.js'
import { refusals } from './refusals.js'
import { LAMP } from './rivertown.js'
import { targets } from './targets.js'

// statuses every old client takes for a failure, plus the three we depart with
const KNOWN = [400, 403, 404, 405, 413, 429, 500, 503]

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const posting = test.skipIf(!target.key)

  test.for(target.formats)(
    'GR-ERR-01 GR-ERR-02 every refusal has an error status and a body in the asked format, in %s',
    async (format) => {
      for (const answer of await refusals(target, format)) {
        expect(answer.status, about(answer)).toBeGreaterThanOrEqual(400)
        for (const one of errorsOf(answer, format))
          expect(Object.keys(one).sort()).toEqual(['code', 'description'])
      }
    },
  )

  test.for(target.formats)(
    'GR-ERR-03 A-07 the code of an error is the HTTP status as a number, in %s',
    async (format) => {
      for (const answer of await refusals(target, format))
        expect(first(errorsOf(answer, format)).code, about(answer)).toBe(String(answer.status))
    },
  )

  test.for(target.formats)(
    'GR-ERR-04 a description is plain text that names the argument, in %s',
    async (format) => {
      expectErrors(await get(target, format, '/requests', { status: 'banana' }), format, 400, /status/)
      expectErrors(
        await get(target, format, '/requests', { start_date: 'banana' }),
        format,
        400,
        /start_date/,
      )
      expectErrors(await get(target, format, '/requests', { end_date: 'banana' }), format, 400, /end_date/)
    },
  )

  own.for(target.formats)(
    'GR-ERR-04 each argument of POST is named when it is wrong, in %s',
    async (format) => {
      const wrong: [Record<string, string>, RegExp][] = [
        [{ service_code: '' }, /service_code/],
        [{ lat: '999' }, /\blat\b/],
        [{ long: '999' }, /\blong\b/],
        [{ description: 'x'.repeat(4001) }, /description.*4,?000|4,?000.*description/],
        [{ media_url: 'not a url' }, /media_url/],
        [{ 'attribute[LAMP_NO]': '' }, /LAMP_NO\b.*\brequired/],
        [{ 'attribute[LAMP_TYPE]': 'TRIPLE' }, /LAMP_TYPE/],
      ]
      for (const [fields, name] of wrong)
        expectErrors(await post(target, format, { ...LAMP, ...fields }), format, 400, name)
    },
  )

  test.for(target.formats)(
    'GR-ERR-05 404 wherever the addressed thing does not exist, in %s',
    async (format) => {
      for (const path of [
        '/services/none-0',
        '/requests/none-0',
        '/tokens/none-0',
        '/banana',
        '/requests/none-0/banana',
        '/services/a/b/c',
      ])
        expectErrors(await get(target, format, path), format, 404)
    },
  )

  posting.for(target.formats)(
    'GR-ERR-05 GR-POST-03 POST with an unknown service_code is 404, in %s',
    async (format) => {
      const answer = await post(target, format, { service_code: 'none-0', ...(await place(target)) })
      expectErrors(answer, format, 404, /service_code|service/)
    },
  )

  test.for(target.formats)('GR-ERR-06 no read is ever answered with 401 or 403, in %s', async (format) => {
    for (const path of [
      '/services/none-0',
      '/requests/none-0',
      '/tokens/none-0',
      '/requests',
      '/services',
      '/banana',
    ]) {
      const answer = await get(target, format, path, { api_key: 'no-such-key-0000', status: 'banana' })
      expect([200, 400, 404], about(answer)).toContain(answer.status)
    }
  })

  own(
    'GR-ERR-07 A-11 every other refusal is 400, and 401, 406, 409, 415, 422 and 501 do not occur',
    async () => {
      const refused = [
        await get(target, 'json', '/requests', { start_date: '2020-01-01', end_date: '2021-01-01' }),
        await post(target, 'json', { ...LAMP, lat: 'x' }),
        await post(target, 'json', { ...LAMP, 'attribute[LAMP_TYPE]': 'x' }),
        await call(
          target,
          '/requests.json',
          {},
          { method: 'POST', body: Buffer.from('x'), headers: { 'content-type': 'text/plain' } },
        ),
        await call(
          target,
          '/requests.json',
          {},
          { method: 'POST', body: Buffer.from('{'), headers: { 'content-type': 'application/json' } },
        ),
        await call(target, '/requests.json', withKey(target, {}), {
          method: 'POST',
          body: Buffer.from('--x'),
          headers: { 'content-type': 'multipart/form-data' },
        }),
        await call(target, '/services.json', {}, { headers: { accept: 'image/png' } }),
      ]
      for (const answer of refused.slice(0, 3)) expectErrors(answer, 'json', 400)
      for (const answer of refused) expect([200, ...KNOWN], about(answer)).toContain(answer.status)
    },
  )

  own.for(target.formats)(
    'GR-ERR-08 several problems are several errors in one answer, in %s',
    async (format) => {
      const fields = {
        service_code: 'STREET-LIGHT',
        lat: '40.1',
        description: 'x'.repeat(4001),
        'attribute[LAMP_TYPE]': 'TRIPLE',
        'attribute[FAULT][]': 'BANANA',
        'attribute[LAMP_COUNT]': 'many',
        'attribute[SINCE]': 'some day',
      }
      const names = [/long|location/, /description/, /LAMP_NO/, /LAMP_TYPE/, /FAULT/, /LAMP_COUNT/, /SINCE/]
      const told = expectErrors(await post(target, format, fields), format, 400, ...names)
      expect(told.length).toBeGreaterThanOrEqual(7)
      for (const one of told) expect(one.code).toBe('400')
    },
  )

  own.for(target.formats)(
    'GR-ERR-08 an unknown service is told together with the rest, and leads, in %s',
    async (format) => {
      const fields = { service_code: 'none-0', description: 'x'.repeat(4001) }
      const told = expectErrors(
        await post(target, format, fields),
        format,
        404,
        /service_code/,
        /description/,
        /lat|address_string/,
      )
      expect(first(told).code).toBe('404')
      expect(told.slice(1).map(({ code }) => code)).toContain('400')
    },
  )

  own.for(target.formats)('GR-ERR-08 every bad filter of a LIST is told at once, in %s', async (format) => {
    const args = { status: 'banana', start_date: 'banana', end_date: 'banana' }
    expectErrors(
      await get(target, format, '/requests', args),
      format,
      400,
      /status/,
      /start_date/,
      /end_date/,
    )
  })

  own.for(target.formats)(
    'GR-ERR-08 the same argument twice with different values is 400, in %s',
    async (format) => {
      expectErrors(
        await call(target, `/requests.${format}`, 'start_date=2026-01-01&start_date=2026-01-02'),
        format,
        400,
        /start_date/,
      )
      const form = [...withKey(target, { ...LAMP }), ['lat', '40.2']] as [string, string][]
      expectErrors(await call(target, `/requests.${format}`, {}, { form }), format, 400, /\blat\b/)
      const same = [...withKey(target, { ...LAMP }), ['lat', LAMP.lat]] as [string, string][]
      expect((await call(target, `/requests.${format}`, {}, { form: same })).status).toBe(200)
    },
  )

  test('GR-ERR-02 A-09 an unknown id is an error, not an empty list', async () => {
    const id = word(first(await recent(target)), 'service_request_id')
    for (const format of target.formats)
      for (const other of [
        'none-0',
        '0',
        `${encodeURIComponent(id)}-none`,
        '-1',
        "1'%20or%20'1'='1",
        '99999999999999999999',
      ])
        expectErrors(await get(target, format, `/requests/${other}`), format, 404)
  })

  posting('GR-ERR-07 GR-POST-04 a submission without any place is 400, not a crash', async () => {
    for (const format of target.formats)
      expectErrors(await post(target, format, { service_code: await plainService(target) }), format, 400)
  })
})
