import { describe, expect, test } from 'vitest'
import { addKey, get, getDiscovery, post, sendRawRequest, sendRequest } from './client.js'
import {
  createMarker,
  findPlainService,
  getDefinitions,
  getLocation,
  getPastWindow,
  getRecent,
  getServiceRequest,
} from './explore.js'
import {
  describeResponse,
  expectErrors,
  expectList,
  expectObject,
  expectOk,
  expectOne,
  first,
  getRecords,
  getText,
  parseJson,
  parseXmlRoot,
} from './response.js'
import { INSIDE, LAMP } from './rivertown.js'
import type { Element } from './strict-xml.js'
import { targets } from './targets.js'

// Requests of existing clients and properties that they rely on, from their source code. Titles name the client.

type Json = Record<string, unknown>

/** Returns the first descendant of that name at any depth, as the Java client does. */
function findDescendant(element: Element, name: string): Element | undefined {
  for (const child of element.children) {
    if (child.name === name) return child
    const deeper = findDescendant(child, name)
    if (deeper) return deeper
  }
  return undefined
}

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const json = test.runIf(target.formats.includes('json'))
  const getRecentId = async () =>
    encodeURIComponent(getText(first(await getRecent(target)), 'service_request_id'))

  own(
    'A-41 A-12 AND: accepts a doubled slash, and an empty jurisdiction_id of GET request and GET token',
    async () => {
      const id = await getRecentId()
      expectOk(
        await sendRawRequest(target, `${new URL(target.url).pathname}//services.xml?jurisdiction_id=`),
        'xml',
      )
      expectOne(await get(target, 'json', `/requests/${id}`, { jurisdiction_id: '' }), 'json')
      expectErrors(await get(target, 'json', '/tokens/none-0', { jurisdiction_id: '' }), 'json', 404)
    },
  )

  test('GR-XML-02 AND: XML roots have the expected names, and order is an integer', async () => {
    expect(parseXmlRoot(await get(target, 'xml', '/services')).name).toBe('services')
    expect(parseXmlRoot(await get(target, 'xml', '/requests')).name).toBe('service_requests')
    expect(parseXmlRoot(await get(target, 'xml', '/services/none-0')).name).toBe('errors')
    for (const { code, attributes } of await getDefinitions(target)) {
      expect(parseXmlRoot(await get(target, 'xml', `/services/${encodeURIComponent(code)}`)).name).toBe(
        'service_definition',
      )
      for (const one of attributes) {
        expect(Number.parseInt(getText(one, 'order'), 10)).toBeGreaterThan(0)
        expect(one.required, 'the client crashes without it').toBeDefined()
      }
    }
  })

  own('A-25 AND: accepts coordinates in the format of Java doubles', async () => {
    for (const location of [
      { lat: '40.1', long: '-91.5' },
      { lat: '4.01E1', long: '-9.15E1' },
      { lat: '40.10000000000001', long: '-91.49999999999999' },
    ])
      expectOk(await post(target, 'json', { service_code: 'POTHOLE', ...location }), 'json')
  })

  own(
    'GR-ERR-02 GR-KEY-04 IOS: accepts api_key in every GET, and the first member of the error array has a description',
    async () => {
      const args = { api_key: String(target.key), jurisdiction_id: '' }
      for (const path of [
        '/services',
        '/services/STREET-LIGHT',
        '/requests',
        `/requests/${await getRecentId()}`,
      ])
        expectOk(await get(target, 'json', path, args), 'json')
      const errors = parseJson(await get(target, 'json', '/requests/none-0', args)) as Json[]
      expect(first(errors).description).toMatch(/\S/)
    },
  )

  json('A-03 GR-DT-02 IOS: group is never null, ids are never null, and dates have no fraction', async () => {
    for (const one of parseJson(await get(target, 'json', '/services')) as Json[])
      expect(typeof one.group).toBe('string')
    for (const one of parseJson(await get(target, 'json', '/requests', getPastWindow())) as Json[]) {
      expect(one.service_request_id).toBeTruthy()
      for (const name of ['requested_datetime', 'updated_datetime'])
        expect(one[name]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/)
    }
  })

  json(
    'GR-TOK-04 GR-POST-12 IOS: a submission returns an id or a token, and never null',
    async ({ skip }) => {
      const responses = []
      for (const type of target.key ? ['realtime', 'batch'] : []) {
        const service_code = await findPlainService(target, type)
        if (service_code)
          responses.push(await post(target, 'json', { service_code, ...(await getLocation(target)) }))
      }
      if (responses.length === 0) return skip('nothing may be submitted here')
      for (const response of responses) {
        const record = first(parseJson(response) as Json[])
        for (const name of ['service_request_id', 'token'])
          if (name in record) expect(typeof record[name], describeResponse(response)).toBe('string')
        expect('service_request_id' in record).not.toBe('token' in record)
      }
    },
  )

  test('GR-XML-02 JAVA: the first descendant of a name is the child of that name', async () => {
    const request = first(parseXmlRoot(await get(target, 'xml', '/requests', getPastWindow())).children)
    for (const child of request.children) expect(findDescendant(request, child.name)).toBe(child)
    const service = first(parseXmlRoot(await get(target, 'xml', '/services')).children)
    for (const child of service.children) expect(findDescendant(service, child.name)).toBe(child)
  })

  test('DISC-09 DISC-10 JAVA: finds an endpoint by type, specification and v2 in its URL', async () => {
    const all = getRecords(expectObject(await getDiscovery(target, 'xml'), 'xml'), 'endpoints')
    for (const type of target.own ? ['production', 'test'] : ['production'])
      expect(
        all.some(
          (one) =>
            one.type === type &&
            one.specification === 'http://wiki.open311.org/GeoReport_v2' &&
            getText(one, 'url').includes('v2'),
        ),
        type,
      ).toBe(true)
  })

  own('A-28 A-38 JAVA: accepts indexed values of an attribute, and a Content-Type of GET', async () => {
    expectOk(
      await post(target, 'xml', { ...LAMP, 'attribute[FAULT][0]': 'DARK', 'attribute[FAULT][1]': 'DAY' }),
      'xml',
    )
    expectErrors(await post(target, 'xml', { ...LAMP, 'attribute[FAULT][0]': 'NIGHT' }), 'xml', 400, /FAULT/)
    expectOk(
      await sendRequest(target, '/services.xml', {}, { headers: { 'content-type': 'text/xml' } }),
      'xml',
    )
  })

  own(
    'A-13 NODE: accepts a POST with all arguments in the query, and the paths requests/xml and requests/json',
    async () => {
      for (const format of target.formats) {
        expect(
          expectList(
            await sendRequest(target, `/requests/${format}`, { jurisdiction_id: 'undefined' }),
            format,
          ).length,
        ).toBe(1000)
        const args = addKey(target, {
          service_code: 'POTHOLE',
          ...INSIDE,
          jurisdiction_id: 'undefined',
          description: createMarker(),
        })
        for (const path of [`/requests/${format}`, `/requests.${format}`]) {
          const id = getText(
            expectOne(await sendRequest(target, path, args, { method: 'POST' }), format),
            'service_request_id',
          )
          expect((await getServiceRequest(target, id)).service_code).toBe('POTHOLE')
        }
      }
    },
  )

  test('GR-SVC-02 CUTR: accepts lat and long in GET services instead of jurisdiction_id', async () => {
    const { lat, long } = await getLocation(target)
    expect(expectList(await get(target, 'xml', '/services', { lat, long }), 'xml').length).toBeGreaterThan(0)
  })

  own('GR-ENC-05 CUTR: sends 200 or 400 for arguments that are not percent-encoded', async () => {
    for (const query of [
      'address=Quay|Road',
      'q=a"b',
      'q={a}',
      "q='",
      'q=[1]',
      'q=a\\b',
      'q=a^b`c',
      'q=%',
      'status=open;closed',
    ]) {
      const response = await sendRawRequest(target, `requests.json?${query}&service_request_id=none-0`)
      expect([200, 400], describeResponse(response)).toContain(response.status)
      expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    }
  })

  own('A-30 CUTR: accepts a multipart submission without a file', async () => {
    const body = new FormData()
    for (const [name, value] of addKey(target, {
      ...LAMP,
      title: 't',
      summary: 's',
      anonymize_reporter: 'false',
    }))
      body.append(name, value)
    expectOk(await sendRequest(target, '/requests.json', {}, { body }), 'json')
  })
})
