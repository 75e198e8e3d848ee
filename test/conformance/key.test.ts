import { describe, expect, test } from 'vitest'
import { type Args, get, getDiscovery, post, sendRequest } from './client.js'
import {
  createMarker,
  findPlainService,
  getLocation,
  getPast,
  getPastWindow,
  getRecent,
  getServices,
} from './explore.js'
import { expectErrors, expectObject, expectOk, expectOne, first, getText, parsePlain } from './response.js'
import { HARBOURVIEW, MILLFIELD } from './rivertown.js'
import { selectJurisdiction, targets } from './targets.js'

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const posting = test.skipIf(!target.key)
  const jurisdiction: Record<string, string> = target.jurisdiction_id
    ? { jurisdiction_id: target.jurisdiction_id }
    : {}
  const form = async () => ({
    service_code: await findPlainService(target),
    ...(await getLocation(target)),
    ...jurisdiction,
  })

  posting.for(target.formats)(
    'GR-KEY-01 GR-POST-02 accepts the key as a form field, in %s',
    async (format) => {
      expectOk(
        await sendRequest(
          target,
          `/requests.${format}`,
          {},
          { form: { ...(await form()), api_key: target.key } },
        ),
        format,
      )
    },
  )

  test.for(target.formats)('GR-KEY-02 GR-POST-02 A-10 sends 403 for a missing key, in %s', async (format) => {
    expectErrors(
      await sendRequest(target, `/requests.${format}`, {}, { form: await form() }),
      format,
      403,
      /api_key|key/i,
    )
  })

  test.for(target.formats)(
    'GR-KEY-02 GR-POST-02 A-10 sends 403 for an invalid key, in %s',
    async (format) => {
      for (const api_key of ['no-such-key-0000', "' or 1=1 --", 'undefined', '\u0000', 'ключ']) {
        const response = await sendRequest(
          target,
          `/requests.${format}`,
          {},
          { form: { ...(await form()), api_key } },
        )
        expectErrors(response, format, 403, /api_key|key/i)
      }
    },
  )

  own('GR-KEY-02 compares keys exactly', async () => {
    const key = String(target.key)
    for (const api_key of [
      key.slice(0, -1),
      `${key}x`,
      key.toUpperCase() === key ? key.toLowerCase() : key.toUpperCase(),
    ])
      expectErrors(
        await sendRequest(target, '/requests.json', {}, { form: { ...(await form()), api_key } }),
        'json',
        403,
      )
  })

  test.for(target.formats)('GR-KEY-03 GET requires no key, in %s', async (format) => {
    const id = encodeURIComponent(getText(first(await getRecent(target)), 'service_request_id'))
    const code = encodeURIComponent(getText(first(await getServices(target)), 'service_code'))
    for (const path of ['/services', `/services/${code}`, '/requests', `/requests/${id}`])
      expectOk(await get(target, format, path), format)
    expectErrors(await get(target, format, '/tokens/none-0'), format, 404)
    expectOk(await getDiscovery(target, format), format)
  })

  test.for(target.formats)(
    'GR-KEY-04 A-51 GET ignores unknown, empty and valid keys, in %s',
    async (format) => {
      const id = encodeURIComponent(getText(first(await getPast(target)), 'service_request_id'))
      const code = encodeURIComponent(getText(first(await getServices(target)), 'service_code'))
      for (const path of ['/services', `/services/${code}`, '/requests', `/requests/${id}`]) {
        const args = path === '/requests' ? getPastWindow() : {}
        const usual = parsePlain(await get(target, format, path, args), format)
        for (const api_key of ['no-such-key-0000', '', ...(target.key ? [target.key] : [])])
          expect(parsePlain(await get(target, format, path, { ...args, api_key }), format), path).toEqual(
            usual,
          )
      }
    },
  )

  own('GR-KEY-04 A-51 GET ignores an unknown Bearer key', async () => {
    for (const authorization of ['Bearer no-such-key', 'Bearer', 'Basic eDp5', 'nonsense'])
      expectOk(await sendRequest(target, '/services.json', {}, { headers: { authorization } }), 'json')
  })

  test.for(target.formats)('GR-KEY-05 treats an empty key as missing, in %s', async (format) => {
    for (const api_key of ['', ' '])
      expectErrors(
        await sendRequest(target, `/requests.${format}`, {}, { form: { ...(await form()), api_key } }),
        format,
        403,
      )
  })

  test.for(target.formats)('GR-KEY-06 discovery has a key_service, in %s', async (format) => {
    expect(getText(expectObject(await getDiscovery(target, format), format), 'key_service')).not.toBe('')
  })

  own.for(target.formats)('A-51 A-13 accepts a key in the query or as Bearer, in %s', async (format) => {
    const key = String(target.key)
    const fields = await form()
    expectOk(await sendRequest(target, `/requests.${format}`, { api_key: key }, { form: fields }), format)
    for (const authorization of [`Bearer ${key}`, `bearer ${key}`])
      expectOk(
        await sendRequest(target, `/requests.${format}`, {}, { form: fields, headers: { authorization } }),
        format,
      )
    const invalid = { authorization: 'Bearer no-such-key-0000' }
    expectErrors(
      await sendRequest(target, `/requests.${format}`, {}, { form: fields, headers: invalid }),
      format,
      403,
    )
    expectErrors(
      await sendRequest(target, `/requests.${format}`, { api_key: 'no-such-key-0000' }, { form: fields }),
      format,
      403,
    )
  })

  own.for(target.formats)('GR-KEY-02 sends 403 for a key of another jurisdiction, in %s', async (format) => {
    const limited = { ...selectJurisdiction(target, null), key: target.own?.two.keyOfHarbourview ?? null }
    const fields = { service_code: 'POTHOLE', address_string: 'Mill Lane 1' }
    expectOk(await post(limited, format, { ...fields, jurisdiction_id: HARBOURVIEW }), format)
    expectErrors(await post(limited, format, { ...fields, jurisdiction_id: MILLFIELD }), format, 403)
  })

  own.for(target.formats)(
    'GR-ERR-06 GR-POST-02 checks the key before all other arguments, in %s',
    async (format) => {
      const invalidForms: Args[] = [
        {},
        { service_code: 'none-0' },
        { jurisdiction_id: 'nowhere.example' },
        { service_code: 'STREET-LIGHT', lat: '999' },
      ]
      for (const fields of invalidForms) {
        const errors = expectErrors(
          await sendRequest(target, `/requests.${format}`, {}, { form: fields }),
          format,
          403,
        )
        expect(first(errors).code).toBe('403')
      }
      const two = selectJurisdiction(target, null)
      expectErrors(await sendRequest(two, `/requests.${format}`, {}, { form: {} }), format, 403)
    },
  )

  posting('GR-KEY-02 stores nothing of a refused submission', async () => {
    const text = createMarker('refused')
    const fields = { ...(await form()), description: text, api_key: 'no-such-key-0000' }
    await sendRequest(target, '/requests.xml', {}, { form: fields })
    expect((await get(target, 'xml', '/requests')).text).not.toContain(text)
  })

  own('GR-KEY-01 no response contains the key', async () => {
    const responses = [
      await post(target, 'json', { ...(await form()), account_id: createMarker() }),
      await post(target, 'json', { service_code: 'none-0' }),
      await post(target, 'xml', { api_key: 'secret-of-somebody', service_code: 'none-0' }),
    ]
    expect(expectOne(responses[0] ?? first(responses), 'json')).toHaveProperty('service_request_id')
    for (const response of responses) {
      expect(response.text).not.toContain(String(target.key))
      expect(response.text).not.toContain('secret-of-somebody')
    }
  })
})
