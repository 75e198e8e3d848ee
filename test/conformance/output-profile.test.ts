import { describe, expect, test } from 'vitest'
import { about, expectErrors, first, jsonOf, objectOf, oneOf, recordsIn, rootOf, word } from './answer.js'
import { discover, get, post } from './client.js'
import {
  definitionsOf,
  midnight,
  past,
  pastWindow,
  recent,
  servicesOf,
  serviceWith,
  stamp,
} from './exploring.js'
import { LAMP } from './rivertown.js'
import type { Element } from './strict-xml.js'
import { targets } from './targets.js'

// The output that satisfies every existing validator at once (contract 5.2): what each of them looks at, in their terms.

type Json = Record<string, unknown>
const DATATYPES = ['string', 'number', 'datetime', 'text', 'singlevaluelist', 'multivaluelist']
const textOf = (element: Element, name: string) => element.children.find((child) => child.name === name)?.text

/** What a member of the JSON may be: the names of the types, or a pattern for the text. */
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
  const read = async (path: string, args = {}) => jsonOf(await get(target, 'json', path, args))

  json('GR-JSON-02 GR-JSON-06 GR-JSON-07 A-03 the list fits the schema of validate.open311.org', async () => {
    const list = (await read('/requests')) as Json[]
    expect(Array.isArray(list)).toBe(true)
    list.forEach(expectRequest)
    const one = (await read(
      `/requests/${encodeURIComponent(String(first(list).service_request_id))}`,
    )) as Json[]
    one.forEach(expectRequest)
    expect(one.length).toBe(1)
  })

  json(
    'GR-JSON-06 GR-JSON-07 A-02 the services and definitions fit the schema of validate.open311.org',
    async () => {
      for (const service of (await read('/services')) as Json[]) {
        for (const name of ['service_code', 'service_name']) expectMember(service, name, ['string'])
        expectMember(service, 'metadata', ['boolean'])
        expectMember(service, 'type', ['string'], /^(realtime|batch|blackbox)$/)
        for (const name of ['description', 'keywords', 'group'])
          expectMember(service, name, ['string', 'null', 'undefined'])
      }
      for (const { code } of await definitionsOf(target)) {
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

  test('DISC-05 DISC-08 DISC-14 A-42 discovery gives the SeeClickFix validator its parts', async () => {
    const discovery = objectOf(await discover(target, 'xml'), 'xml')
    const endpoints = recordsIn(discovery, 'endpoints')
    for (const one of [discovery, ...endpoints]) {
      expect(one.changeset).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/)
      expect(Date.parse(word(one, 'changeset'))).toBeLessThanOrEqual(Date.now() + 1000)
    }
    for (const name of ['contact', 'key_service']) expect(discovery[name]).toBeTruthy()
    expect(endpoints.length, 'its XML checks need two endpoints').toBeGreaterThanOrEqual(2)
    for (const one of endpoints)
      expect(recordsIn(one, 'formats').length, 'and two formats').toBeGreaterThanOrEqual(2)
  })

  own('GR-ERR-03 GR-ERR-04 a missing attribute reads as the Chicago tests want it', async () => {
    const { 'attribute[LAMP_NO]': _, ...fields } = LAMP
    const answer = await post(target, 'json', fields)
    expectErrors(answer, 'json', 400)
    const error = first(jsonOf(answer) as { code: unknown; description: string }[])
    expect(error.code).toBe(400)
    expect(error.description).toMatch(/LAMP_NO\b.*\brequired/)
  })

  test('GR-SVC-03 GR-DEF-07 the XML passes the checks of the Washington validator', async () => {
    for (const service of rootOf(await get(target, 'xml', '/services')).children) {
      for (const name of ['service_code', 'description']) expect(textOf(service, name), name).toBeTruthy()
      expect(textOf(service, 'metadata')).toMatch(/^(true|false)$/)
      expect(textOf(service, 'type')).toMatch(/^(realtime|batch|blackbox)$/)
    }
    const code = await serviceWith(target, () => true)
    if (code === null) return
    const answer = await get(target, 'xml', `/services/${encodeURIComponent(code)}`)
    const [service_code, attributes] = rootOf(answer).children
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
        expect(textOf(attribute, name), `${name}: ${about(answer)}`).toBeTruthy()
      expect(textOf(attribute, 'order')).toMatch(/^\d+$/)
    }
  })

  test('GR-DT-02 A-36 the XML requests pass the checks of the Washington validator', async () => {
    for (const request of rootOf(await get(target, 'xml', '/requests')).children) {
      expect(textOf(request, 'status')).toMatch(/^(open|closed)$/)
      for (const name of ['requested_datetime', 'updated_datetime', 'expected_datetime'])
        if (textOf(request, name)) expect(textOf(request, name)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ?$/)
      for (const name of ['lat', 'long'])
        if (textOf(request, name))
          expect(textOf(request, name), 'a float literal').toMatch(/^-?\d+\.\d{1,6}$/)
    }
  })

  own('GR-LIST-10 address and zipcode are filled in the fixture city', async () => {
    for (const one of await past(target))
      expect([one.address, one.zipcode], JSON.stringify(one)).not.toContain('')
  })

  test('GR-DT-03 GR-LIST-04 the filters of validopen311 are answered', async () => {
    const [a = '', b = ''] = (await past(target)).map((one) => word(one, 'service_request_id'))
    const zoneless = (days: number) => stamp(midnight(days)).replace('Z', '.123456')
    const code = word(first(await past(target)), 'service_code')
    for (const args of [
      { service_request_id: `${a},${b}` },
      { service_code: code, ...pastWindow() },
      { start_date: zoneless(30), end_date: zoneless(20) },
      { status: 'closed', ...pastWindow() },
      { start_date: zoneless(30) },
      { end_date: zoneless(20) },
    ])
      expect(
        rootOf(await get(target, 'xml', '/requests', args)).children.length,
        JSON.stringify(args),
      ).toBeGreaterThan(0)
  })

  test('GR-SVC-03 there are at least two services, with keywords and every member validopen311 needs', async () => {
    expect((await servicesOf(target)).length).toBeGreaterThanOrEqual(2)
    for (const one of await servicesOf(target))
      for (const name of ['service_code', 'service_name', 'metadata', 'type', 'keywords'])
        expect(one).toHaveProperty(name)
    const id = word(first(await recent(target)), 'service_request_id')
    expect(oneOf(await get(target, 'xml', `/requests/${encodeURIComponent(id)}`), 'xml')).toHaveProperty(
      'zipcode',
    )
  })
})
