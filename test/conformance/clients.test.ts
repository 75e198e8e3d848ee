import { describe, expect, test } from 'vitest'
import {
  about,
  errorsOf,
  expectErrors,
  expectOk,
  first,
  ids,
  jsonOf,
  listOf,
  oneOf,
  rootOf,
  word,
} from './answer.js'
import { call, get, post, rawCall, withKey } from './client.js'
import { file, marker, past, pastWindow, place, plainService, servicesOf, stamp } from './exploring.js'
import { INSIDE, LAMP } from './rivertown.js'
import { targets } from './targets.js'

// What the clients in use do and rely on, as read in their code: one test a habit, named by the client.

type Json = Record<string, unknown>

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const posting = test.skipIf(!target.key)
  const json = test.runIf(target.formats.includes('json'))

  posting(
    'GR-POST-12 A-31 FMS: the id is a bare text, in XML, of one submission with everything it sends',
    async () => {
      const service_code = await plainService(target)
      const form = withKey(target, {
        service_code,
        ...(await place(target)),
        description: `Title\n\ntext\n\nhttps://fms.example/report/1 ${marker()}`,
        email: 'x@mail.example',
        first_name: 'A',
        last_name: 'B',
        account_id: '',
        device_id: '',
        phone: '',
        'attribute[fixmystreet_id]': marker(),
        'attribute[easting]': '1',
        'attribute[northing]': '2',
        'attribute[closest_address]': '',
        'attribute[uprn]': '3',
        deviceid: 'd',
      })
      const answer = await call(target, '/requests.xml', {}, { form })
      const request = first(rootOf(answer).children)
      const id = request.children.find((child) => child.name === 'service_request_id')
      expect(id?.text, about(answer)).toMatch(/\S/)
      expect(id?.children).toEqual([])
    },
  )

  own('A-47 FMS: a report sent again after a timeout is not a second report', async () => {
    const fields = {
      service_code: 'POTHOLE',
      ...INSIDE,
      description: marker(),
      'attribute[external_id]': marker('fms'),
    }
    const id = () => post(target, 'xml', fields).then((answer) => oneOf(answer, 'xml').service_request_id)
    expect(await id()).toBe(await id())
  })

  test('GR-LIST-01 FMS: the status poll asks for ids together', async () => {
    const asked = ids(await past(target)).slice(0, 10)
    const list = listOf(await get(target, 'xml', '/requests', { service_request_id: asked.join(',') }), 'xml')
    expect(ids(list).sort()).toEqual([...asked].sort())
    for (const one of list) expect(one.updated_datetime).toMatch(/Z$/)
  })

  test('A-54 GR-SVC-10 FMS: keywords split on bare commas, names as keys', async () => {
    const names = (await servicesOf(target)).map((one) => word(one, 'service_name'))
    expect(new Set(names).size).toBe(names.length)
    for (const { keywords } of await servicesOf(target)) expect(String(keywords)).not.toMatch(/,\s|\s,/)
  })

  own('GR-POST-16 A-27 FMS: "" for a list where nothing was picked', async () => {
    expectOk(
      await post(target, 'xml', { ...LAMP, 'attribute[FAULT]': '', 'attribute[SINCE]': '2026-05-01T09:30' }),
      'xml',
    )
  })

  json(
    'GR-ERR-10 GR-ERR-02 THREE: every answer below 500 is JSON, and it adds page_size and today as end_date',
    async () => {
      for (const path of ['/services/none-0', '/requests/none-0', '/tokens/none-0', '/banana'])
        errorsOf(await get(target, 'json', path), 'json')
      const args = { page_size: '20', end_date: `${stamp(Date.now()).slice(0, 10)}T00:00:00Z` }
      expect(listOf(await get(target, 'json', '/requests', args), 'json').length).toBeGreaterThan(0)
    },
  )

  own('GR-KEY-05 DISC-13 THREE: a blank api_key, and discovery below the endpoint', async () => {
    const [form, blank] = [{ service_code: 'POTHOLE', ...INSIDE }, { api_key: '' }]
    expectErrors(await call(target, '/requests.json', {}, { form: { ...form, ...blank } }), 'json', 403)
    expectOk(await get(target, 'json', '/services', blank), 'json')
    expectOk(await call(target, '/discovery.json'), 'json')
  })

  json('GR-DT-02 A-36 STAT: strict dates, lat and long both or neither, absolute addresses', async () => {
    for (const one of jsonOf(await get(target, 'json', '/requests')) as Json[]) {
      expect(one.service_request_id).toBeTruthy()
      expect(one.lat === null || one.lat === undefined).toBe(one.long === null || one.long === undefined)
      if (one.media_url) expect(() => new URL(String(one.media_url))).not.toThrow()
      expect(Number.isNaN(Date.parse(String(one.requested_datetime)))).toBe(false)
    }
  })

  test('A-15 STAT: polling with only a start_date, the newest it knows', async () => {
    const newest = first(await past(target))
    const list = listOf(
      await get(target, 'xml', '/requests', { start_date: word(newest, 'requested_datetime') }),
      'xml',
    )
    if (list.length < 1000) expect(ids(list)).toContain(newest.service_request_id)
    expect(list.length).toBeGreaterThan(0)
  })

  own('GR-ENC-01 STAT: the same list with and without compression', async () => {
    const path = `requests.json?${new URLSearchParams(pastWindow())}`
    const identity = await rawCall(target, path, { headers: { 'accept-encoding': 'identity' } })
    expect((await get(target, 'json', '/requests', pastWindow())).text).toBe(identity.text)
  })

  test('GR-XML-07 GR-GEN-06 open311dashboard: nothing but requests below the root, and nothing at all when empty', async () => {
    for (const child of rootOf(await get(target, 'xml', '/requests')).children)
      expect(child.name).toBe('request')
    const empty = rootOf(await get(target, 'xml', '/requests', { service_request_id: 'none-0' }))
    expect([empty.children, empty.text]).toEqual([[], ''])
  })

  own(
    'GR-LIST-10 6AIKA importer: a request of a service with a promised time has an expected_datetime',
    async () => {
      const list = await past(target)
      expect(
        list.some((one) => one.expected_datetime !== ''),
        'no expected_datetime in the whole fixture',
      ).toBe(true)
    },
  )

  posting('GR-ERR-02 GEM: a status that Ruby takes for a failure', async () => {
    const known = [400, 401, 403, 404, 406, 500, 502, 503]
    const id = await file(target)
    for (const answer of [
      await post(target, 'xml', {}),
      await get(target, 'xml', `/requests/${encodeURIComponent(id)}x`),
    ])
      expect(known, about(answer)).toContain(answer.status)
  })
})
