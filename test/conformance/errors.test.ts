import { describe, expect, test } from 'vitest'
import { addKey, get, post, sendRequest } from './client.js'
import { findPlainService, getLocation, getRecent } from './explore.js'
import { requestRefusals } from './refusals.js'
import { describeResponse, expectErrors, first, getText, parseErrors } from './response.js'
import { LAMP } from './rivertown.js'
import { targets } from './targets.js'

// Statuses that old clients treat as a failure, and the three additional ones of A-11.
const KNOWN = [400, 403, 404, 405, 413, 429, 500, 503]

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const posting = test.skipIf(!target.key)

  test.for(target.formats)(
    'GR-ERR-01 GR-ERR-02 every refusal has an error status and a body in the requested format, in %s',
    async (format) => {
      for (const response of await requestRefusals(target, format)) {
        expect(response.status, describeResponse(response)).toBeGreaterThanOrEqual(400)
        for (const one of parseErrors(response, format))
          expect(Object.keys(one).sort()).toEqual(['code', 'description'])
      }
    },
  )

  test.for(target.formats)(
    'GR-ERR-03 A-07 the code of the first error is the HTTP status, in %s',
    async (format) => {
      for (const response of await requestRefusals(target, format))
        expect(first(parseErrors(response, format)).code, describeResponse(response)).toBe(
          String(response.status),
        )
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

  own.for(target.formats)('GR-ERR-04 POST names each invalid argument, in %s', async (format) => {
    const invalid: [Record<string, string>, RegExp][] = [
      [{ service_code: '' }, /service_code/],
      [{ lat: '999' }, /\blat\b/],
      [{ long: '999' }, /\blong\b/],
      [{ description: 'x'.repeat(4001) }, /description.*4,?000|4,?000.*description/],
      [{ media_url: 'not a url' }, /media_url/],
      [{ 'attribute[LAMP_NO]': '' }, /LAMP_NO\b.*\brequired/],
      [{ 'attribute[LAMP_TYPE]': 'TRIPLE' }, /LAMP_TYPE/],
    ]
    for (const [fields, name] of invalid)
      expectErrors(await post(target, format, { ...LAMP, ...fields }), format, 400, name)
  })

  test.for(target.formats)(
    'GR-ERR-05 sends 404 for every path of a resource that does not exist, in %s',
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
    'GR-ERR-05 GR-POST-03 POST sends 404 for an unknown service_code, in %s',
    async (format) => {
      const response = await post(target, format, { service_code: 'none-0', ...(await getLocation(target)) })
      expectErrors(response, format, 404, /service_code|service/)
    },
  )

  test.for(target.formats)('GR-ERR-06 GET never sends 401 or 403, in %s', async (format) => {
    for (const path of [
      '/services/none-0',
      '/requests/none-0',
      '/tokens/none-0',
      '/requests',
      '/services',
      '/banana',
    ]) {
      const response = await get(target, format, path, { api_key: 'no-such-key-0000', status: 'banana' })
      expect([200, 400, 404], describeResponse(response)).toContain(response.status)
    }
  })

  own(
    'GR-ERR-07 A-11 sends 400 for every other refusal, and never 401, 406, 409, 415, 422 or 501',
    async () => {
      const refusals = [
        await get(target, 'json', '/requests', { start_date: '2020-01-01', end_date: '2021-01-01' }),
        await post(target, 'json', { ...LAMP, lat: 'x' }),
        await post(target, 'json', { ...LAMP, 'attribute[LAMP_TYPE]': 'x' }),
        await sendRequest(
          target,
          '/requests.json',
          {},
          { method: 'POST', body: Buffer.from('x'), headers: { 'content-type': 'text/plain' } },
        ),
        await sendRequest(
          target,
          '/requests.json',
          {},
          { method: 'POST', body: Buffer.from('{'), headers: { 'content-type': 'application/json' } },
        ),
        await sendRequest(target, '/requests.json', addKey(target, {}), {
          method: 'POST',
          body: Buffer.from('--x'),
          headers: { 'content-type': 'multipart/form-data' },
        }),
        await sendRequest(target, '/services.json', {}, { headers: { accept: 'image/png' } }),
      ]
      for (const response of refusals.slice(0, 3)) expectErrors(response, 'json', 400)
      for (const response of refusals)
        expect([200, ...KNOWN], describeResponse(response)).toContain(response.status)
    },
  )

  own.for(target.formats)(
    'GR-ERR-08 sends one error per broken rule in one response, in %s',
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
      const errors = expectErrors(await post(target, format, fields), format, 400, ...names)
      expect(errors.length).toBeGreaterThanOrEqual(7)
      for (const one of errors) expect(one.code).toBe('400')
    },
  )

  own.for(target.formats)(
    'GR-ERR-08 sends the error of an unknown service first, together with other errors, in %s',
    async (format) => {
      const fields = { service_code: 'none-0', description: 'x'.repeat(4001) }
      const errors = expectErrors(
        await post(target, format, fields),
        format,
        404,
        /service_code/,
        /description/,
        /lat|address_string/,
      )
      expect(first(errors).code).toBe('404')
      expect(errors.slice(1).map(({ code }) => code)).toContain('400')
    },
  )

  own.for(target.formats)(
    'GR-ERR-08 GET requests names all invalid filters in one response, in %s',
    async (format) => {
      const args = { status: 'banana', start_date: 'banana', end_date: 'banana' }
      expectErrors(
        await get(target, format, '/requests', args),
        format,
        400,
        /status/,
        /start_date/,
        /end_date/,
      )
    },
  )

  own.for(target.formats)(
    'GR-ERR-08 refuses a repeated argument with different values with 400, in %s',
    async (format) => {
      expectErrors(
        await sendRequest(target, `/requests.${format}`, 'start_date=2026-01-01&start_date=2026-01-02'),
        format,
        400,
        /start_date/,
      )
      const form = [...addKey(target, { ...LAMP }), ['lat', '40.2']] as [string, string][]
      expectErrors(await sendRequest(target, `/requests.${format}`, {}, { form }), format, 400, /\blat\b/)
      const same = [...addKey(target, { ...LAMP }), ['lat', LAMP.lat]] as [string, string][]
      expect((await sendRequest(target, `/requests.${format}`, {}, { form: same })).status).toBe(200)
    },
  )

  test('GR-ERR-02 A-09 sends 404 for an unknown id, not an empty list', async () => {
    const id = getText(first(await getRecent(target)), 'service_request_id')
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

  posting('GR-ERR-07 GR-POST-04 sends 400 for a submission without a location', async () => {
    for (const format of target.formats)
      expectErrors(await post(target, format, { service_code: await findPlainService(target) }), format, 400)
  })
})
