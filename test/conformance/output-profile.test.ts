import { describe, expect, test } from 'vitest'
import { get, getDiscovery, post } from './client.js'
import {
  findServiceWith,
  formatInstant,
  getDefinitions,
  getMidnight,
  getPast,
  getPastWindow,
  getRecent,
  getServices,
} from './explore.js'
import {
  describeResponse,
  expectErrors,
  expectObject,
  expectOne,
  first,
  getRecords,
  getText,
  parseJson,
  parseXmlRoot,
} from './response.js'
import { LAMP } from './rivertown.js'
import type { Element } from './strict-xml.js'
import { targets } from './targets.js'

// The output that satisfies existing validators; spec/divergences.md has the exceptions. Each test has the checks of
// one validator.

type Json = Record<string, unknown>
const DATATYPES = ['string', 'number', 'datetime', 'text', 'singlevaluelist', 'multivaluelist']
const getElementText = (element: Element, name: string) =>
  element.children.find((child) => child.name === name)?.text

/** Expects a JSON member of one of the types, with a text that matches the pattern. */
function expectMember(record: Json, name: string, types: string[], pattern?: RegExp): void {
  const value = record[name]
  const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
  expect(types, `${name} of ${JSON.stringify(record)}`).toContain(type)
  if (pattern && type === 'string') expect(value, name).toMatch(pattern)
}

function expectRequest(one: Json): void {
  for (const name of ['service_request_id', 'service_code', 'status']) expectMember(one, name, ['string'])
  expectMember(one, 'status', ['string'], /^(open|closed)$/)
  expectMember(one, 'requested_datetime', ['string'], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  for (const name of ['updated_datetime', 'expected_datetime'])
    expectMember(one, name, ['string', 'null', 'undefined'], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  for (const name of [
    'status_notes',
    'service_name',
    'agency_responsible',
    'service_notice',
    'address',
    'address_id',
    'zipcode',
  ])
    expectMember(one, name, ['string', 'null', 'undefined'])
  expectMember(one, 'description', ['string', 'null', 'undefined'], /^[\s\S]{0,8000}$/)
  for (const name of ['lat', 'long']) expectMember(one, name, ['number', 'null', 'undefined'])
  expectMember(one, 'media_url', ['string', 'null', 'undefined'], /^https?:\/\/\S+$/)
}

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const json = test.runIf(target.formats.includes('json'))
  const read = async (path: string, args = {}) => parseJson(await get(target, 'json', path, args))

  json(
    'GR-JSON-02 GR-JSON-06 GR-JSON-07 A-03 the list passes the schema of validate.open311.org',
    async () => {
      const list = (await read('/requests')) as Json[]
      expect(Array.isArray(list)).toBe(true)
      list.forEach(expectRequest)
      const one = (await read(
        `/requests/${encodeURIComponent(String(first(list).service_request_id))}`,
      )) as Json[]
      one.forEach(expectRequest)
      expect(one.length).toBe(1)
    },
  )

  json(
    'GR-JSON-06 GR-JSON-07 A-02 services and definitions pass the schema of validate.open311.org',
    async () => {
      for (const service of (await read('/services')) as Json[]) {
        for (const name of ['service_code', 'service_name']) expectMember(service, name, ['string'])
        expectMember(service, 'metadata', ['boolean'])
        expectMember(service, 'type', ['string'], /^(realtime|batch|blackbox)$/)
        for (const name of ['description', 'keywords', 'group'])
          expectMember(service, name, ['string', 'null', 'undefined'])
      }
      for (const { code } of await getDefinitions(target)) {
        const definition = (await read(`/services/${encodeURIComponent(code)}`)) as { attributes: Json[] }
        for (const attribute of definition.attributes) {
          for (const name of ['variable', 'required']) expectMember(attribute, name, ['boolean'])
          expectMember(attribute, 'code', ['string'])
          expect(DATATYPES).toContain(attribute.datatype)
          expectMember(attribute, 'order', ['number'])
          expectMember(attribute, 'values', ['array', 'undefined'])
        }
      }
    },
  )

  test('DISC-05 DISC-08 DISC-14 A-42 discovery passes the SeeClickFix validator', async () => {
    const discovery = expectObject(await getDiscovery(target, 'xml'), 'xml')
    const endpoints = getRecords(discovery, 'endpoints')
    for (const one of [discovery, ...endpoints]) {
      expect(one.changeset).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/)
      expect(Date.parse(getText(one, 'changeset'))).toBeLessThanOrEqual(Date.now() + 1000)
    }
    for (const name of ['contact', 'key_service']) expect(discovery[name]).toBeTruthy()
    expect(endpoints.length, 'its XML checks need two endpoints').toBeGreaterThanOrEqual(2)
    for (const one of endpoints)
      expect(getRecords(one, 'formats').length, 'and two formats').toBeGreaterThanOrEqual(2)
  })

  own('GR-ERR-03 GR-ERR-04 the error of a missing attribute passes the tests of Chicago', async () => {
    const { 'attribute[LAMP_NO]': _, ...fields } = LAMP
    const response = await post(target, 'json', fields)
    expectErrors(response, 'json', 400)
    const error = first(parseJson(response) as { code: unknown; description: string }[])
    expect(error.code).toBe(400)
    expect(error.description).toMatch(/LAMP_NO\b.*\brequired/)
  })

  test('GR-SVC-03 GR-DEF-07 the XML passes the checks of the Washington validator', async () => {
    for (const service of parseXmlRoot(await get(target, 'xml', '/services')).children) {
      for (const name of ['service_code', 'description'])
        expect(getElementText(service, name), name).toBeTruthy()
      expect(getElementText(service, 'metadata')).toMatch(/^(true|false)$/)
      expect(getElementText(service, 'type')).toMatch(/^(realtime|batch|blackbox)$/)
    }
    const code = await findServiceWith(target, () => true)
    if (code === null) return
    const response = await get(target, 'xml', `/services/${encodeURIComponent(code)}`)
    const [service_code, attributes] = parseXmlRoot(response).children
    expect(service_code?.text).toBe(code)
    for (const attribute of attributes?.children ?? []) {
      for (const name of [
        'code',
        'datatype_description',
        'description',
        'order',
        'required',
        'variable',
        'datatype',
      ])
        expect(getElementText(attribute, name), `${name}: ${describeResponse(response)}`).toBeTruthy()
      expect(getElementText(attribute, 'order')).toMatch(/^\d+$/)
    }
  })

  test('GR-DT-02 A-36 the XML requests pass the checks of the Washington validator', async () => {
    for (const request of parseXmlRoot(await get(target, 'xml', '/requests')).children) {
      expect(getElementText(request, 'status')).toMatch(/^(open|closed)$/)
      for (const name of ['requested_datetime', 'updated_datetime', 'expected_datetime'])
        if (getElementText(request, name))
          expect(getElementText(request, name)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ?$/)
      for (const name of ['lat', 'long'])
        if (getElementText(request, name))
          expect(getElementText(request, name), 'a float literal').toMatch(/^-?\d+\.\d{1,6}$/)
    }
  })

  own('GR-LIST-10 every request of the fixture city has address and zipcode', async () => {
    for (const one of await getPast(target))
      expect([one.address, one.zipcode], JSON.stringify(one)).not.toContain('')
  })

  test('GR-DT-03 GR-LIST-04 the filters of validopen311 find requests', async () => {
    const [a = '', b = ''] = (await getPast(target)).map((one) => getText(one, 'service_request_id'))
    const formatZoneless = (days: number) => formatInstant(getMidnight(days)).replace('Z', '.123456')
    const code = getText(first(await getPast(target)), 'service_code')
    for (const args of [
      { service_request_id: `${a},${b}` },
      { service_code: code, ...getPastWindow() },
      { start_date: formatZoneless(30), end_date: formatZoneless(20) },
      { status: 'closed', ...getPastWindow() },
      { start_date: formatZoneless(30) },
      { end_date: formatZoneless(20) },
    ])
      expect(
        parseXmlRoot(await get(target, 'xml', '/requests', args)).children.length,
        JSON.stringify(args),
      ).toBeGreaterThan(0)
  })

  test('GR-SVC-03 at least two services have keywords and all members that validopen311 requires', async () => {
    expect((await getServices(target)).length).toBeGreaterThanOrEqual(2)
    for (const one of await getServices(target))
      for (const name of ['service_code', 'service_name', 'metadata', 'type', 'keywords'])
        expect(one).toHaveProperty(name)
    const id = getText(first(await getRecent(target)), 'service_request_id')
    expect(expectOne(await get(target, 'xml', `/requests/${encodeURIComponent(id)}`), 'xml')).toHaveProperty(
      'zipcode',
    )
  })
})
