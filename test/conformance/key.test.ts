import { describe, expect, test } from 'vitest'
import { expectErrors, expectOk, first, objectOf, oneOf, plain, word } from './answer.js'
import { type Args, call, discover, get, post } from './client.js'
import { marker, past, pastWindow, place, plainService, recent, servicesOf } from './exploring.js'
import { HARBOURVIEW, MILLFIELD } from './rivertown.js'
import { jurisdictionOf, targets } from './targets.js'

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const posting = test.skipIf(!target.key)
  const jurisdiction: Record<string, string> = target.jurisdiction_id
    ? { jurisdiction_id: target.jurisdiction_id }
    : {}
  const form = async () => ({
    service_code: await plainService(target),
    ...(await place(target)),
    ...jurisdiction,
  })

  posting.for(target.formats)(
    'GR-KEY-01 GR-POST-02 the key goes with the other form fields, in %s',
    async (format) => {
      expectOk(
        await call(target, `/requests.${format}`, {}, { form: { ...(await form()), api_key: target.key } }),
        format,
      )
    },
  )

  test.for(target.formats)('GR-KEY-02 GR-POST-02 A-10 a missing key is 403, in %s', async (format) => {
    expectErrors(
      await call(target, `/requests.${format}`, {}, { form: await form() }),
      format,
      403,
      /api_key|key/i,
    )
  })

  test.for(target.formats)('GR-KEY-02 GR-POST-02 A-10 an invalid key is 403, in %s', async (format) => {
    for (const api_key of ['no-such-key-0000', "' or 1=1 --", 'undefined', '\u0000', 'ключ']) {
      const answer = await call(target, `/requests.${format}`, {}, { form: { ...(await form()), api_key } })
      expectErrors(answer, format, 403, /api_key|key/i)
    }
  })

  own('GR-KEY-02 a key is compared exactly', async () => {
    const key = String(target.key)
    for (const api_key of [
      key.slice(0, -1),
      `${key}x`,
      key.toUpperCase() === key ? key.toLowerCase() : key.toUpperCase(),
    ])
      expectErrors(
        await call(target, '/requests.json', {}, { form: { ...(await form()), api_key } }),
        'json',
        403,
      )
  })

  test.for(target.formats)('GR-KEY-03 reading needs no key, in %s', async (format) => {
    const id = encodeURIComponent(word(first(await recent(target)), 'service_request_id'))
    const code = encodeURIComponent(word(first(await servicesOf(target)), 'service_code'))
    for (const path of ['/services', `/services/${code}`, '/requests', `/requests/${id}`])
      expectOk(await get(target, format, path), format)
    expectErrors(await get(target, format, '/tokens/none-0'), format, 404)
    expectOk(await discover(target, format), format)
  })

  test.for(target.formats)(
    'GR-KEY-04 A-51 an unknown, empty or good key on a read changes nothing, in %s',
    async (format) => {
      const id = encodeURIComponent(word(first(await past(target)), 'service_request_id'))
      const code = encodeURIComponent(word(first(await servicesOf(target)), 'service_code'))
      for (const path of ['/services', `/services/${code}`, '/requests', `/requests/${id}`]) {
        const args = path === '/requests' ? pastWindow() : {}
        const usual = plain(await get(target, format, path, args), format)
        for (const api_key of ['no-such-key-0000', '', ...(target.key ? [target.key] : [])])
          expect(plain(await get(target, format, path, { ...args, api_key }), format), path).toEqual(usual)
      }
    },
  )

  own('GR-KEY-04 A-51 an unknown bearer on a read changes nothing', async () => {
    for (const authorization of ['Bearer no-such-key', 'Bearer', 'Basic eDp5', 'nonsense'])
      expectOk(await call(target, '/services.json', {}, { headers: { authorization } }), 'json')
  })

  test.for(target.formats)('GR-KEY-05 an empty key is a missing key, in %s', async (format) => {
    for (const api_key of ['', ' '])
      expectErrors(
        await call(target, `/requests.${format}`, {}, { form: { ...(await form()), api_key } }),
        format,
        403,
      )
  })

  test.for(target.formats)('GR-KEY-06 discovery tells where keys come from, in %s', async (format) => {
    expect(word(objectOf(await discover(target, format), format), 'key_service')).not.toBe('')
  })

  own.for(target.formats)('A-51 A-13 a key may come in the query or as a bearer, in %s', async (format) => {
    const key = String(target.key)
    const fields = await form()
    expectOk(await call(target, `/requests.${format}`, { api_key: key }, { form: fields }), format)
    for (const authorization of [`Bearer ${key}`, `bearer ${key}`])
      expectOk(
        await call(target, `/requests.${format}`, {}, { form: fields, headers: { authorization } }),
        format,
      )
    const wrong = { authorization: 'Bearer no-such-key-0000' }
    expectErrors(await call(target, `/requests.${format}`, {}, { form: fields, headers: wrong }), format, 403)
    expectErrors(
      await call(target, `/requests.${format}`, { api_key: 'no-such-key-0000' }, { form: fields }),
      format,
      403,
    )
  })

  own.for(target.formats)(
    'GR-KEY-02 a key of one jurisdiction files in no other: 403, in %s',
    async (format) => {
      const limited = { ...jurisdictionOf(target, null), key: target.own?.two.keyOfHarbourview ?? null }
      const fields = { service_code: 'POTHOLE', address_string: 'Mill Lane 1' }
      expectOk(await post(limited, format, { ...fields, jurisdiction_id: HARBOURVIEW }), format)
      expectErrors(await post(limited, format, { ...fields, jurisdiction_id: MILLFIELD }), format, 403)
    },
  )

  own.for(target.formats)(
    'GR-ERR-06 GR-POST-02 the key is checked before everything else, in %s',
    async (format) => {
      const faulty: Args[] = [
        {},
        { service_code: 'none-0' },
        { jurisdiction_id: 'nowhere.example' },
        { service_code: 'STREET-LIGHT', lat: '999' },
      ]
      for (const fields of faulty) {
        const told = expectErrors(
          await call(target, `/requests.${format}`, {}, { form: fields }),
          format,
          403,
        )
        expect(first(told).code).toBe('403')
      }
      const two = jurisdictionOf(target, null)
      expectErrors(await call(two, `/requests.${format}`, {}, { form: {} }), format, 403)
    },
  )

  posting('GR-KEY-02 a refused submission leaves nothing behind', async () => {
    const text = marker('refused')
    const fields = { ...(await form()), description: text, api_key: 'no-such-key-0000' }
    await call(target, '/requests.xml', {}, { form: fields })
    expect((await get(target, 'xml', '/requests')).text).not.toContain(text)
  })

  own('GR-KEY-01 no answer repeats the key', async () => {
    const answers = [
      await post(target, 'json', { ...(await form()), account_id: marker() }),
      await post(target, 'json', { service_code: 'none-0' }),
      await post(target, 'xml', { api_key: 'secret-of-somebody', service_code: 'none-0' }),
    ]
    expect(oneOf(answers[0] ?? first(answers), 'json')).toHaveProperty('service_request_id')
    for (const answer of answers) {
      expect(answer.text).not.toContain(String(target.key))
      expect(answer.text).not.toContain('secret-of-somebody')
    }
  })
})
