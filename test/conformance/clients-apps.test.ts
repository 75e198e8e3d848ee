import { describe, expect, test } from 'vitest'
import {
  about,
  expectErrors,
  expectOk,
  first,
  jsonOf,
  listOf,
  objectOf,
  oneOf,
  recordsIn,
  rootOf,
  word,
} from './answer.js'
import { call, discover, get, post, rawCall, withKey } from './client.js'
import { definitionsOf, found, marker, pastWindow, place, plainService, recent } from './exploring.js'
import { INSIDE, LAMP } from './rivertown.js'
import type { Element } from './strict-xml.js'
import { targets } from './targets.js'

// What the clients in use do and rely on, as read in their code: one test a habit, named by the client.

type Json = Record<string, unknown>

/** As the Java client reads: the first descendant of that name, however deep. */
function descendant(element: Element, name: string): Element | undefined {
  for (const child of element.children) {
    if (child.name === name) return child
    const deeper = descendant(child, name)
    if (deeper) return deeper
  }
  return undefined
}

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const json = test.runIf(target.formats.includes('json'))
  const anId = async () => encodeURIComponent(word(first(await recent(target)), 'service_request_id'))

  own('A-41 A-12 AND: a slash too many, and an empty jurisdiction_id on ONE and TOK', async () => {
    const id = await anId()
    expectOk(await rawCall(target, `${new URL(target.url).pathname}//services.xml?jurisdiction_id=`), 'xml')
    oneOf(await get(target, 'json', `/requests/${id}`, { jurisdiction_id: '' }), 'json')
    expectErrors(await get(target, 'json', '/tokens/none-0', { jurisdiction_id: '' }), 'json', 404)
  })

  test('GR-XML-02 AND: the four roots by name, no mixed content, order an integer', async () => {
    expect(rootOf(await get(target, 'xml', '/services')).name).toBe('services')
    expect(rootOf(await get(target, 'xml', '/requests')).name).toBe('service_requests')
    expect(rootOf(await get(target, 'xml', '/services/none-0')).name).toBe('errors')
    for (const { code, attributes } of await definitionsOf(target)) {
      expect(rootOf(await get(target, 'xml', `/services/${encodeURIComponent(code)}`)).name).toBe(
        'service_definition',
      )
      for (const one of attributes) {
        expect(Number.parseInt(word(one, 'order'), 10)).toBeGreaterThan(0)
        expect(one.required, 'a missing one is a crash').toBeDefined()
      }
    }
  })

  own('A-25 AND: coordinates as Java prints doubles', async () => {
    for (const where of [
      { lat: '40.1', long: '-91.5' },
      { lat: '4.01E1', long: '-9.15E1' },
      { lat: '40.10000000000001', long: '-91.49999999999999' },
    ])
      expectOk(await post(target, 'json', { service_code: 'POTHOLE', ...where }), 'json')
  })

  own(
    'GR-ERR-02 GR-KEY-04 IOS: api_key on every GET, and errors always as an array whose first member speaks',
    async () => {
      const args = { api_key: String(target.key), jurisdiction_id: '' }
      for (const path of ['/services', '/services/STREET-LIGHT', '/requests', `/requests/${await anId()}`])
        expectOk(await get(target, 'json', path, args), 'json')
      const errors = jsonOf(await get(target, 'json', '/requests/none-0', args)) as Json[]
      expect(first(errors).description).toMatch(/\S/)
    },
  )

  json(
    'A-03 GR-DT-02 IOS: group is never null, ids are absent rather than null, dates have no fraction',
    async () => {
      for (const one of jsonOf(await get(target, 'json', '/services')) as Json[])
        expect(typeof one.group).toBe('string')
      for (const one of jsonOf(await get(target, 'json', '/requests', pastWindow())) as Json[]) {
        expect(one.service_request_id).toBeTruthy()
        for (const name of ['requested_datetime', 'updated_datetime'])
          expect(one[name]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/)
      }
    },
  )

  json('GR-TOK-04 GR-POST-12 IOS: no null where an id or token is looked for', async ({ skip }) => {
    const answers = []
    for (const type of target.key ? ['realtime', 'batch'] : []) {
      const service_code = await plainService(target, type)
      if (service_code) answers.push(await post(target, 'json', { service_code, ...(await place(target)) }))
    }
    if (answers.length === 0) return skip('nothing may be submitted here')
    for (const answer of answers) {
      const record = first(jsonOf(answer) as Json[])
      for (const name of ['service_request_id', 'token'])
        if (name in record) expect(typeof record[name], about(answer)).toBe('string')
      expect('service_request_id' in record).not.toBe('token' in record)
    }
  })

  test('GR-XML-02 JAVA: the first descendant of a name is the member itself', async () => {
    const request = first(rootOf(await get(target, 'xml', '/requests', pastWindow())).children)
    for (const child of request.children) expect(descendant(request, child.name)).toBe(child)
    const service = first(rootOf(await get(target, 'xml', '/services')).children)
    for (const child of service.children) expect(descendant(service, child.name)).toBe(child)
  })

  test('DISC-09 DISC-10 JAVA: an endpoint is picked by type, specification and v2 in its address', async () => {
    const all = recordsIn(objectOf(await discover(target, 'xml'), 'xml'), 'endpoints')
    for (const type of target.own ? ['production', 'test'] : ['production'])
      expect(
        all.some(
          (one) =>
            one.type === type &&
            one.specification === 'http://wiki.open311.org/GeoReport_v2' &&
            word(one, 'url').includes('v2'),
        ),
        type,
      ).toBe(true)
  })

  own('A-28 A-38 JAVA: indexed multi-selects, and a Content-Type on GET', async () => {
    expectOk(
      await post(target, 'xml', { ...LAMP, 'attribute[FAULT][0]': 'DARK', 'attribute[FAULT][1]': 'DAY' }),
      'xml',
    )
    expectErrors(await post(target, 'xml', { ...LAMP, 'attribute[FAULT][0]': 'NIGHT' }), 'xml', 400, /FAULT/)
    expectOk(await call(target, '/services.xml', {}, { headers: { 'content-type': 'text/xml' } }), 'xml')
  })

  own('A-13 NODE: a POST with everything in the query, and /requests/xml and /requests/json', async () => {
    for (const format of target.formats) {
      expect(
        listOf(await call(target, `/requests/${format}`, { jurisdiction_id: 'undefined' }), format).length,
      ).toBe(1000)
      const args = withKey(target, {
        service_code: 'POTHOLE',
        ...INSIDE,
        jurisdiction_id: 'undefined',
        description: marker(),
      })
      for (const path of [`/requests/${format}`, `/requests.${format}`]) {
        const id = word(
          oneOf(await call(target, path, args, { method: 'POST' }), format),
          'service_request_id',
        )
        expect((await found(target, id)).service_code).toBe('POTHOLE')
      }
    }
  })

  test('GR-SVC-02 CUTR: lat and long on the service list instead of a jurisdiction', async () => {
    const { lat, long } = await place(target)
    expect(listOf(await get(target, 'xml', '/services', { lat, long }), 'xml').length).toBeGreaterThan(0)
  })

  own('GR-ENC-05 CUTR: arguments that nobody encoded are no crash', async () => {
    for (const said of [
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
      const answer = await rawCall(target, `requests.json?${said}&service_request_id=none-0`)
      expect([200, 400], about(answer)).toContain(answer.status)
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
    }
  })

  own('A-30 CUTR: a multipart submission without a file', async () => {
    const body = new FormData()
    for (const [name, value] of withKey(target, {
      ...LAMP,
      title: 't',
      summary: 's',
      anonymize_reporter: 'false',
    }))
      body.append(name, value)
    expectOk(await call(target, '/requests.json', {}, { body }), 'json')
  })
})
