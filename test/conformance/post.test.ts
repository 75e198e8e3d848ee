import { describe, expect, test } from 'vitest'
import { about, expectErrors, expectOk, ids, listOf, oneOf, word } from './answer.js'
import { call, get, post, withKey } from './client.js'
import { file, found, marker, place, plainService } from './exploring.js'
import { INSIDE, LAMP } from './rivertown.js'
import { targets, testEndpointOf } from './targets.js'

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const posting = test.skipIf(!target.key)
  const form = async () => ({ service_code: await plainService(target), ...(await place(target)) })

  test.runIf(target.key === null)(
    'GR-POST-01 the tests that submit are skipped: no api key was given',
    ({ skip }) => {
      skip('no api key was given for this target, so nothing is submitted to it')
    },
  )

  posting.for(target.formats)(
    'GR-POST-01 GR-POST-14 A-31 a form goes to the path of the list and is answered 200, in %s',
    async (format) => {
      const text = marker()
      const id = word(
        oneOf(await post(target, format, { ...(await form()), description: text }), format),
        'service_request_id',
      )
      const record = oneOf(await get(target, format, `/requests/${encodeURIComponent(id)}`), format)
      expect(record).toMatchObject({
        service_request_id: id,
        description: text,
        status: 'open',
        service_code: (await form()).service_code,
      })
    },
  )

  posting.for(target.formats)(
    'GR-POST-03 GR-POST-15 a missing or empty service_code is 400, in %s',
    async (format) => {
      const { service_code: _, ...where } = await form()
      expectErrors(await post(target, format, where), format, 400, /service_code/)
      expectErrors(await post(target, format, { ...where, service_code: '' }), format, 400, /service_code/)
    },
  )

  posting.for(target.formats)(
    'GR-POST-03 GR-POST-15 an unknown service_code is 404, in %s',
    async (format) => {
      for (const service_code of ['none-0', "POTHOLE' --", '*'])
        expectErrors(await post(target, format, { ...(await form()), service_code }), format, 404)
    },
  )

  posting.for(target.formats)(
    'GR-POST-09 a description of 4000 characters is taken whole, in %s',
    async (format) => {
      for (const letter of ['x', 'é', '😀']) {
        const description = letter.repeat(4000)
        const id = word(
          oneOf(await post(target, format, { ...(await form()), description }), format),
          'service_request_id',
        )
        expect(
          oneOf(await get(target, format, `/requests/${encodeURIComponent(id)}`), format).description,
        ).toBe(description)
      }
    },
  )

  posting.for(target.formats)(
    'GR-POST-09 A-32 a description of 4001 characters is 400, in %s',
    async (format) => {
      for (const letter of ['x', '😀'])
        expectErrors(
          await post(target, format, { ...(await form()), description: letter.repeat(4001) }),
          format,
          400,
          /description/,
        )
    },
  )

  own('GR-POST-09 A-32 CRLF counts as one character, and a description is optional', async () => {
    const id = await file(target, { description: `${'a\r\n'.repeat(1999)}ab` })
    expect((await found(target, id)).description).toBe(`${'a\n'.repeat(1999)}ab`)
    expectOk(await post(target, 'json', { service_code: 'POTHOLE', ...INSIDE }), 'json')
  })

  posting('GR-POST-10 GR-POST-13 A-55 personal data is never answered by a read', async () => {
    const tag = marker('pii').replaceAll(' ', '-')
    const person = {
      email: `${tag}@mail.example`,
      device_id: `device-${tag}`,
      account_id: `account-${tag}`,
      first_name: `First-${tag}`,
      last_name: `Last-${tag}`,
      phone: `+1 555 ${tag}`,
    }
    const service_code = await plainService(target)
    const submitted = await post(target, 'xml', { ...(await form()), ...person })
    const id = word(oneOf(submitted, 'xml'), 'service_request_id')
    const reads = [`/requests/${encodeURIComponent(id)}`, '/requests']
    for (const format of target.formats)
      for (const path of reads)
        for (const args of [{}, { service_code, extensions: 'true' }])
          expect((await get(target, format, path, args)).text, path).not.toContain(tag)
    const allowed = ['service_request_id', 'token', 'service_notice', 'account_id']
    expect(allowed).toEqual(expect.arrayContaining(Object.keys(oneOf(submitted, 'xml'))))
    expect(submitted.text.replaceAll(person.account_id, '')).not.toContain(tag)
  })

  own('A-55 account_id is answered to the poster alone', async () => {
    const account_id = marker('account')
    const answer = await post(target, 'json', { service_code: 'POTHOLE', ...INSIDE, account_id })
    expect(oneOf(answer, 'json').account_id).toBe(account_id)
  })

  posting('GR-POST-11 media_url is one absolute address', async () => {
    const media_url = 'https://img.example/a%20b.jpg?x=1&y=2'
    const record = await found(target, await file(target, { media_url }))
    expect(record.media_url).toBe(media_url)
  })

  own.for(target.formats)(
    'GR-POST-11 what is no http address is refused as media_url, in %s',
    async (format) => {
      for (const media_url of [
        'not a url',
        'a.jpg',
        '/a.jpg',
        'javascript:alert(1)',
        'file:///etc/passwd',
        'data:text/html,x',
        'http://',
      ])
        expectErrors(await post(target, format, { ...LAMP, media_url }), format, 400, /media_url/)
    },
  )

  own('A-33 several media_url are taken and the first is shown', async () => {
    const fields = [
      ...withKey(target, { service_code: 'POTHOLE', ...INSIDE }),
      ['media_url', 'https://img.example/1.jpg'],
      ['media_url', 'https://img.example/2.jpg'],
    ] as [string, string][]
    const id = word(
      oneOf(await call(target, '/requests.json', {}, { form: fields }), 'json'),
      'service_request_id',
    )
    expect((await found(target, id)).media_url).toBe('https://img.example/1.jpg')
  })

  posting(
    'GR-POST-12 GR-POST-13 the answer holds the four members of the standard and no empty id',
    async () => {
      for (const format of target.formats) {
        const answer = await post(target, format, await form())
        const record = oneOf(answer, format)
        expect(record.service_request_id, about(answer)).toBeTruthy()
        expect(['service_request_id', 'service_notice', 'account_id']).toEqual(
          expect.arrayContaining(Object.keys(record)),
        )
      }
    },
  )

  posting('GR-POST-16 unknown arguments and unknown attributes are no error', async () => {
    const extra = {
      title: 't',
      summary: 's',
      deviceid: 'd',
      service_name: 'x',
      extensions: 'true',
      email_alerts_requested: 'FALSE',
      'attribute[uprn]': '1',
      'attribute[NO_SUCH][]': 'x',
      nonsense: '',
      'attribute[]': 'x',
      'attribute[a][b][c]': 'x',
      'a[b]': '1',
    }
    for (const format of target.formats)
      expectOk(await post(target, format, { ...(await form()), ...extra }), format)
  })

  posting.for(target.formats)(
    'GR-POST-17 A-46 a realtime id is found at once, and listed under its id, in %s',
    async (format) => {
      const id = await file(target)
      expect(
        oneOf(await get(target, format, `/requests/${encodeURIComponent(id)}`), format).service_request_id,
      ).toBe(id)
      expect(ids(listOf(await get(target, format, '/requests', { service_request_id: id }), format))).toEqual(
        [id],
      )
    },
  )

  own('GR-POST-16 the test endpoint keeps its own requests', async () => {
    const [trial, text] = [testEndpointOf(target), marker('trial')]
    expectErrors(
      await post({ ...trial, key: null }, 'json', { service_code: 'POTHOLE', ...INSIDE }),
      'json',
      403,
    )
    const id = await file(trial, { description: text })
    expect((await found(trial, id)).description).toBe(text)
    expect((await get(target, 'json', '/requests', { service_request_id: id })).text).not.toContain(text)
    expect((await get(target, 'json', `/requests/${id}`)).text).not.toContain(text)
    expect((await get(target, 'json', '/requests')).text).not.toContain(text)
    const [real, other] = [await file(target, { description: marker() }), marker('real')]
    const second = await file(target, { description: other })
    expect(real).not.toBe(second)
    expect((await get(trial, 'json', `/requests/${second}`)).text).not.toContain(other)
    expect((await get(trial, 'json', '/requests')).text).not.toContain(other)
  })
})
