import { describe, expect, test } from 'vitest'
import { addKey, get, post, sendRequest } from './client.js'
import { createMarker, findPlainService, getLocation, getServiceRequest, submit } from './explore.js'
import {
  describeResponse,
  expectErrors,
  expectList,
  expectOk,
  expectOne,
  getIds,
  getText,
} from './response.js'
import { INSIDE, LAMP } from './rivertown.js'
import { selectTestEndpoint, targets } from './targets.js'

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const posting = test.skipIf(!target.key)
  const form = async () => ({ service_code: await findPlainService(target), ...(await getLocation(target)) })

  test.runIf(target.key === null)(
    'GR-POST-01 tests that submit are skipped without an API key',
    ({ skip }) => {
      skip('this target has no API key, so tests that submit are skipped')
    },
  )

  posting.for(target.formats)(
    'GR-POST-01 GR-POST-14 A-31 accepts a form at the path of the list with 200, in %s',
    async (format) => {
      const text = createMarker()
      const id = getText(
        expectOne(await post(target, format, { ...(await form()), description: text }), format),
        'service_request_id',
      )
      const record = expectOne(await get(target, format, `/requests/${encodeURIComponent(id)}`), format)
      expect(record).toMatchObject({
        service_request_id: id,
        description: text,
        status: 'open',
        service_code: (await form()).service_code,
      })
    },
  )

  posting.for(target.formats)(
    'GR-POST-03 GR-POST-15 sends 400 for a missing or empty service_code, in %s',
    async (format) => {
      const { service_code: _, ...location } = await form()
      expectErrors(await post(target, format, location), format, 400, /service_code/)
      expectErrors(await post(target, format, { ...location, service_code: '' }), format, 400, /service_code/)
    },
  )

  posting.for(target.formats)(
    'GR-POST-03 GR-POST-15 sends 404 for an unknown service_code, in %s',
    async (format) => {
      for (const service_code of ['none-0', "POTHOLE' --", '*'])
        expectErrors(await post(target, format, { ...(await form()), service_code }), format, 404)
    },
  )

  posting.for(target.formats)(
    'GR-POST-09 stores a description of 4000 characters without changes, in %s',
    async (format) => {
      for (const letter of ['x', 'é', '😀']) {
        const description = letter.repeat(4000)
        const id = getText(
          expectOne(await post(target, format, { ...(await form()), description }), format),
          'service_request_id',
        )
        expect(
          expectOne(await get(target, format, `/requests/${encodeURIComponent(id)}`), format).description,
        ).toBe(description)
      }
    },
  )

  posting.for(target.formats)(
    'GR-POST-09 A-32 sends 400 for a description of 4001 characters, in %s',
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
    const id = await submit(target, { description: `${'a\r\n'.repeat(1999)}ab` })
    expect((await getServiceRequest(target, id)).description).toBe(`${'a\n'.repeat(1999)}ab`)
    expectOk(await post(target, 'json', { service_code: 'POTHOLE', ...INSIDE }), 'json')
  })

  posting('GR-POST-10 GR-POST-13 A-55 GET never returns personal data', async () => {
    const tag = createMarker('pii').replaceAll(' ', '-')
    const person = {
      email: `${tag}@mail.example`,
      device_id: `device-${tag}`,
      account_id: `account-${tag}`,
      first_name: `First-${tag}`,
      last_name: `Last-${tag}`,
      phone: `+1 555 ${tag}`,
    }
    const service_code = await findPlainService(target)
    const submitted = await post(target, 'xml', { ...(await form()), ...person })
    const id = getText(expectOne(submitted, 'xml'), 'service_request_id')
    const reads = [`/requests/${encodeURIComponent(id)}`, '/requests']
    for (const format of target.formats)
      for (const path of reads)
        for (const args of [{}, { service_code, extensions: 'true' }])
          expect((await get(target, format, path, args)).text, path).not.toContain(tag)
    const allowed = ['service_request_id', 'token', 'service_notice', 'account_id']
    expect(allowed).toEqual(expect.arrayContaining(Object.keys(expectOne(submitted, 'xml'))))
    expect(submitted.text.replaceAll(person.account_id, '')).not.toContain(tag)
  })

  own('A-55 only the response to POST has account_id', async () => {
    const account_id = createMarker('account')
    const response = await post(target, 'json', { service_code: 'POTHOLE', ...INSIDE, account_id })
    expect(expectOne(response, 'json').account_id).toBe(account_id)
  })

  posting('GR-POST-11 stores and returns an absolute media_url', async () => {
    const media_url = 'https://img.example/a%20b.jpg?x=1&y=2'
    const record = await getServiceRequest(target, await submit(target, { media_url }))
    expect(record.media_url).toBe(media_url)
  })

  own.for(target.formats)(
    'GR-POST-11 refuses a media_url that is not an http address, in %s',
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

  own('A-33 accepts several media_url and returns the first', async () => {
    const fields = [
      ...addKey(target, { service_code: 'POTHOLE', ...INSIDE }),
      ['media_url', 'https://img.example/1.jpg'],
      ['media_url', 'https://img.example/2.jpg'],
    ] as [string, string][]
    const id = getText(
      expectOne(await sendRequest(target, '/requests.json', {}, { form: fields }), 'json'),
      'service_request_id',
    )
    expect((await getServiceRequest(target, id)).media_url).toBe('https://img.example/1.jpg')
  })

  posting('GR-POST-12 GR-POST-13 the response has only members of the standard and no empty id', async () => {
    for (const format of target.formats) {
      const response = await post(target, format, await form())
      const record = expectOne(response, format)
      expect(record.service_request_id, describeResponse(response)).toBeTruthy()
      expect(['service_request_id', 'service_notice', 'account_id']).toEqual(
        expect.arrayContaining(Object.keys(record)),
      )
    }
  })

  posting('GR-POST-16 accepts unknown arguments and unknown attributes', async () => {
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
    'GR-POST-17 A-46 finds a realtime request immediately by its id, in %s',
    async (format) => {
      const id = await submit(target)
      expect(
        expectOne(await get(target, format, `/requests/${encodeURIComponent(id)}`), format)
          .service_request_id,
      ).toBe(id)
      expect(
        getIds(expectList(await get(target, format, '/requests', { service_request_id: id }), format)),
      ).toEqual([id])
    },
  )

  own('GR-POST-16 the test endpoint has its own requests', async () => {
    const [testEndpoint, text] = [selectTestEndpoint(target), createMarker('trial')]
    expectErrors(
      await post({ ...testEndpoint, key: null }, 'json', { service_code: 'POTHOLE', ...INSIDE }),
      'json',
      403,
    )
    const id = await submit(testEndpoint, { description: text })
    expect((await getServiceRequest(testEndpoint, id)).description).toBe(text)
    expect((await get(target, 'json', '/requests', { service_request_id: id })).text).not.toContain(text)
    expect((await get(target, 'json', `/requests/${id}`)).text).not.toContain(text)
    expect((await get(target, 'json', '/requests')).text).not.toContain(text)
    const [real, other] = [await submit(target, { description: createMarker() }), createMarker('real')]
    const second = await submit(target, { description: other })
    expect(real).not.toBe(second)
    expect((await get(testEndpoint, 'json', `/requests/${second}`)).text).not.toContain(other)
    expect((await get(testEndpoint, 'json', '/requests')).text).not.toContain(other)
  })
})
