import { describe, expect, test } from 'vitest'
import { addKey, get, post, sendRawRequest, sendRequest } from './client.js'
import {
  createMarker,
  findPlainService,
  formatInstant,
  getLocation,
  getPast,
  getPastWindow,
  getServices,
  submit,
} from './explore.js'
import {
  describeResponse,
  expectErrors,
  expectList,
  expectOk,
  expectOne,
  first,
  getIds,
  getText,
  parseErrors,
  parseJson,
  parseXmlRoot,
} from './response.js'
import { INSIDE, LAMP } from './rivertown.js'
import { targets } from './targets.js'

// Requests of existing clients and properties that they rely on, from their source code. Titles name the client.

type Json = Record<string, unknown>

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const posting = test.skipIf(!target.key)
  const json = test.runIf(target.formats.includes('json'))

  posting(
    'GR-POST-12 A-31 FMS: accepts all fields of FixMyStreet, and returns the id as a text in XML',
    async () => {
      const service_code = await findPlainService(target)
      const form = addKey(target, {
        service_code,
        ...(await getLocation(target)),
        description: `Title\n\ntext\n\nhttps://fms.example/report/1 ${createMarker()}`,
        email: 'x@mail.example',
        first_name: 'A',
        last_name: 'B',
        account_id: '',
        device_id: '',
        phone: '',
        'attribute[fixmystreet_id]': createMarker(),
        'attribute[easting]': '1',
        'attribute[northing]': '2',
        'attribute[closest_address]': '',
        'attribute[uprn]': '3',
        deviceid: 'd',
      })
      const response = await sendRequest(target, '/requests.xml', {}, { form })
      const request = first(parseXmlRoot(response).children)
      const id = request.children.find((child) => child.name === 'service_request_id')
      expect(id?.text, describeResponse(response)).toMatch(/\S/)
      expect(id?.children).toEqual([])
    },
  )

  own('A-47 FMS: returns the same id if a submission is repeated after a timeout', async () => {
    const fields = {
      service_code: 'POTHOLE',
      ...INSIDE,
      description: createMarker(),
      'attribute[external_id]': createMarker('fms'),
    }
    const submitFields = () =>
      post(target, 'xml', fields).then((response) => expectOne(response, 'xml').service_request_id)
    expect(await submitFields()).toBe(await submitFields())
  })

  test('GR-LIST-01 FMS: lists several ids in one request, as the status poll does', async () => {
    const requestedIds = getIds(await getPast(target)).slice(0, 10)
    const list = expectList(
      await get(target, 'xml', '/requests', { service_request_id: requestedIds.join(',') }),
      'xml',
    )
    expect(getIds(list).sort()).toEqual([...requestedIds].sort())
    for (const one of list) expect(one.updated_datetime).toMatch(/Z$/)
  })

  test('A-54 GR-SVC-10 FMS: keywords are separated by bare commas, and service names are unique', async () => {
    const names = (await getServices(target)).map((one) => getText(one, 'service_name'))
    expect(new Set(names).size).toBe(names.length)
    for (const { keywords } of await getServices(target)) expect(String(keywords)).not.toMatch(/,\s|\s,/)
  })

  own('GR-POST-16 A-27 FMS: accepts an empty value of an optional list', async () => {
    expectOk(
      await post(target, 'xml', { ...LAMP, 'attribute[FAULT]': '', 'attribute[SINCE]': '2026-05-01T09:30' }),
      'xml',
    )
  })

  json(
    'GR-ERR-10 GR-ERR-02 THREE: sends refusals as JSON, and accepts page_size and the current day as end_date',
    async () => {
      for (const path of ['/services/none-0', '/requests/none-0', '/tokens/none-0', '/banana'])
        parseErrors(await get(target, 'json', path), 'json')
      const args = { page_size: '20', end_date: `${formatInstant(Date.now()).slice(0, 10)}T00:00:00Z` }
      expect(expectList(await get(target, 'json', '/requests', args), 'json').length).toBeGreaterThan(0)
    },
  )

  own(
    'GR-KEY-05 DISC-13 THREE: treats a blank api_key as missing, and serves discovery below the endpoint',
    async () => {
      const [form, blank] = [{ service_code: 'POTHOLE', ...INSIDE }, { api_key: '' }]
      expectErrors(
        await sendRequest(target, '/requests.json', {}, { form: { ...form, ...blank } }),
        'json',
        403,
      )
      expectOk(await get(target, 'json', '/services', blank), 'json')
      expectOk(await sendRequest(target, '/discovery.json'), 'json')
    },
  )

  json(
    'GR-DT-02 A-36 STAT: dates are valid, lat and long are both set or both null, media_url is absolute',
    async () => {
      for (const one of parseJson(await get(target, 'json', '/requests')) as Json[]) {
        expect(one.service_request_id).toBeTruthy()
        expect(one.lat === null || one.lat === undefined).toBe(one.long === null || one.long === undefined)
        if (one.media_url) expect(() => new URL(String(one.media_url))).not.toThrow()
        expect(Number.isNaN(Date.parse(String(one.requested_datetime)))).toBe(false)
      }
    },
  )

  test('A-15 STAT: lists requests from a start_date alone, as the poll does', async () => {
    const newest = first(await getPast(target))
    const list = expectList(
      await get(target, 'xml', '/requests', { start_date: getText(newest, 'requested_datetime') }),
      'xml',
    )
    if (list.length < 1000) expect(getIds(list)).toContain(newest.service_request_id)
    expect(list.length).toBeGreaterThan(0)
  })

  own('GR-ENC-01 STAT: sends the same list with and without compression', async () => {
    const path = `requests.json?${new URLSearchParams(getPastWindow())}`
    const identity = await sendRawRequest(target, path, { headers: { 'accept-encoding': 'identity' } })
    expect((await get(target, 'json', '/requests', getPastWindow())).text).toBe(identity.text)
  })

  test('GR-XML-07 GR-GEN-06 open311dashboard: the root contains only request elements, and nothing if the list is empty', async () => {
    for (const child of parseXmlRoot(await get(target, 'xml', '/requests')).children)
      expect(child.name).toBe('request')
    const empty = parseXmlRoot(await get(target, 'xml', '/requests', { service_request_id: 'none-0' }))
    expect([empty.children, empty.text]).toEqual([[], ''])
  })

  own(
    'GR-LIST-10 6AIKA importer: a request of a service with a target time has an expected_datetime',
    async () => {
      const list = await getPast(target)
      expect(
        list.some((one) => one.expected_datetime !== ''),
        'no expected_datetime in the whole fixture',
      ).toBe(true)
    },
  )

  posting('GR-ERR-02 GEM: sends a status that the Ruby client treats as a failure', async () => {
    const known = [400, 401, 403, 404, 406, 500, 502, 503]
    const id = await submit(target)
    for (const response of [
      await post(target, 'xml', {}),
      await get(target, 'xml', `/requests/${encodeURIComponent(id)}x`),
    ])
      expect(known, describeResponse(response)).toContain(response.status)
  })
})
