import { describe, expect, test } from 'vitest'
import { expectErrors, expectOk, first, ids, listOf, objectOf, oneOf, recordsIn, word } from './answer.js'
import { type Answer, type Args, call, get, post, withKey } from './client.js'
import { marker, past, place, recent, servicesOf } from './exploring.js'
import { HARBOURVIEW, MILLFIELD, RIVERTOWN } from './rivertown.js'
import type { Format } from './target.js'
import { jurisdictionOf, targets } from './targets.js'

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const several = () => jurisdictionOf(target, null)
  const harbourview = () => jurisdictionOf(target, HARBOURVIEW)
  const millfield = () => jurisdictionOf(target, MILLFIELD)
  const where = { address_string: 'Harbour Lane 3' }

  async function filed(service_code: string, at = harbourview()): Promise<string> {
    const answer = await post(at, 'json', { service_code, ...where, description: marker() })
    const record = oneOf(answer, 'json')
    return word(record, 'service_request_id' in record ? 'service_request_id' : 'token')
  }

  /** All six operations with the same jurisdiction argument. */
  async function operations(format: Format, jurisdiction: Args): Promise<Answer[]> {
    const at = several()
    const id = await filed('POTHOLE')
    const token = await filed('FERRY')
    const reads = ['/services', '/services/POTHOLE', '/requests', `/requests/${id}`, `/tokens/${token}`]
    const form = withKey(at, {
      service_code: 'POTHOLE',
      ...where,
      ...(jurisdiction as Record<string, string>),
    })
    return [
      ...(await Promise.all(reads.map((path) => get(at, format, path, jurisdiction)))),
      await call(at, `/requests.${format}`, {}, { form }),
    ]
  }

  own.for(target.formats)(
    'GR-JUR-01 all six operations take jurisdiction_id where several are served, in %s',
    async (format) => {
      for (const answer of await operations(format, { jurisdiction_id: HARBOURVIEW }))
        expectOk(answer, format)
    },
  )

  own.for(target.formats)(
    'GR-JUR-01 GR-JUR-03 a single jurisdiction needs no jurisdiction_id, in %s',
    async (format) => {
      const id = word(first(await past(target)), 'service_request_id')
      for (const args of [{}, { jurisdiction_id: RIVERTOWN }])
        for (const path of ['/services', '/services/STREET-LIGHT', '/requests', `/requests/${id}`])
          expectOk(await get(target, format, path, args), format)
      const form = { service_code: 'POTHOLE', ...(await place(target)) }
      for (const args of [{}, { jurisdiction_id: RIVERTOWN }])
        expectOk(await post(target, format, { ...form, ...args }), format)
    },
  )

  test('GR-JUR-02 a jurisdiction is named by its web domain without www', async () => {
    for (const name of [target.jurisdiction_id, ...(target.own ? [RIVERTOWN, HARBOURVIEW, MILLFIELD] : [])]) {
      if (!name) continue
      expect(name).toMatch(/^(?!www\.)([a-z0-9-]+\.)+[a-z]{2,}$/)
      expectOk(
        await get(name === RIVERTOWN ? target : target.own ? several() : target, 'xml', '/services', {
          jurisdiction_id: name,
        }),
        'xml',
      )
    }
  })

  own.for(target.formats)(
    'GR-JUR-04 A-12 a missing, empty or undefined jurisdiction_id is 400 on all six, in %s',
    async (format) => {
      for (const jurisdiction of [{}, { jurisdiction_id: '' }, { jurisdiction_id: 'undefined' }])
        for (const answer of await operations(format, jurisdiction as Args))
          expectErrors(answer, format, 400, /jurisdiction_id/)
    },
  )

  own.for(target.formats)('GR-JUR-05 an unknown jurisdiction is 404 on all six, in %s', async (format) => {
    for (const answer of await operations(format, { jurisdiction_id: 'nowhere.example' }))
      expectErrors(answer, format, 404, /jurisdiction/)
  })

  own.for(target.formats)(
    'GR-JUR-05 A-12 a single jurisdiction does not answer for another one, in %s',
    async (format) => {
      const other = { jurisdiction_id: 'nowhere.example' }
      const id = word(first(await recent(target)), 'service_request_id')
      for (const path of ['/services', '/services/STREET-LIGHT', '/requests', `/requests/${id}`])
        expectErrors(await get(target, format, path, other), format, 404, /jurisdiction/)
      const form = { service_code: 'POTHOLE', ...(await place(target)), ...other }
      expectErrors(await post(target, format, form), format, 404, /jurisdiction/)
    },
  )

  own('A-12 the word undefined counts as no jurisdiction', async () => {
    expect((await get(target, 'json', '/services', { jurisdiction_id: 'undefined' })).text).toBe(
      (await get(target, 'json', '/services')).text,
    )
  })

  test.runIf(target.jurisdiction_id && !target.own)('GR-JUR-05 an unknown jurisdiction is 404', async () => {
    for (const format of target.formats)
      for (const path of ['/services', '/requests'])
        expectErrors(await get(target, format, path, { jurisdiction_id: 'nowhere.example' }), format, 404)
  })

  own.for(target.formats)(
    'GR-JUR-06 a request of one jurisdiction is not found in another, in %s',
    async (format) => {
      const id = await filed('POTHOLE')
      expect(oneOf(await get(harbourview(), format, `/requests/${id}`), format).service_request_id).toBe(id)
      expectErrors(await get(millfield(), format, `/requests/${id}`), format, 404)
      expect(listOf(await get(millfield(), format, '/requests', { service_request_id: id }), format)).toEqual(
        [],
      )
      expect(
        ids(listOf(await get(harbourview(), format, '/requests', { service_request_id: id }), format)),
      ).toEqual([id])
      expect(ids(listOf(await get(millfield(), format, '/requests'), format))).not.toContain(id)
      expect(ids(listOf(await get(harbourview(), format, '/requests'), format))).toContain(id)
    },
  )

  own.for(target.formats)(
    'GR-JUR-06 a token of one jurisdiction is not found in another, in %s',
    async (format) => {
      const token = await filed('FERRY')
      expect(oneOf(await get(harbourview(), format, `/tokens/${token}`), format).token).toBe(token)
      expectErrors(await get(millfield(), format, `/tokens/${token}`), format, 404)
    },
  )

  own.for(target.formats)(
    'GR-JUR-06 services are those of the asked jurisdiction alone, in %s',
    async (format) => {
      const [here, there] = await Promise.all([harbourview(), millfield()].map(servicesOf))
      const code = (list = here) => list?.map((one) => one.service_code) ?? []
      expect(code(here)).toEqual(expect.arrayContaining(['POTHOLE', 'FERRY']))
      expect(code(here)).not.toContain('MILL-RACE')
      expect(code(there)).toEqual(expect.arrayContaining(['POTHOLE', 'MILL-RACE']))
      expect(code(there)).not.toContain('FERRY')
      const name = (list = here) => list?.find((one) => one.service_code === 'POTHOLE')?.service_name
      expect(name(here)).not.toBe(name(there))
      expectErrors(await get(millfield(), format, '/services/FERRY'), format, 404)
      expectErrors(await get(harbourview(), format, '/services/MILL-RACE'), format, 404)
      expect(
        recordsIn(objectOf(await get(harbourview(), format, '/services/FERRY'), format), 'attributes'),
      ).toBeDefined()
      expectErrors(
        await post(harbourview(), format, {
          service_code: 'MILL-RACE',
          ...where,
          jurisdiction_id: HARBOURVIEW,
        }),
        format,
        404,
        /service_code/,
      )
    },
  )

  own('GR-JUR-06 the same service_code carries the service_name of its own jurisdiction', async () => {
    for (const at of [harbourview(), millfield()]) {
      const mine = (await servicesOf(at)).find((one) => one.service_code === 'POTHOLE')
      const answer = await post(at, 'xml', {
        service_code: 'POTHOLE',
        ...where,
        jurisdiction_id: String(at.jurisdiction_id),
      })
      const record = oneOf(
        await get(at, 'xml', `/requests/${word(oneOf(answer, 'xml'), 'service_request_id')}`),
        'xml',
      )
      expect(record.service_name).toBe(mine?.service_name)
    }
  })

  own.for(target.formats)(
    'GR-JUR-07 POST takes jurisdiction_id in the body or in the query, in %s',
    async (format) => {
      const at = several()
      const form = withKey(at, { service_code: 'POTHOLE', ...where })
      const inBody = await call(
        at,
        `/requests.${format}`,
        {},
        { form: [...form, ['jurisdiction_id', MILLFIELD]] },
      )
      const inQuery = await call(at, `/requests.${format}`, { jurisdiction_id: MILLFIELD }, { form })
      for (const answer of [inBody, inQuery]) {
        const id = word(oneOf(answer, format), 'service_request_id')
        expect(oneOf(await get(millfield(), format, `/requests/${id}`), format).service_request_id).toBe(id)
        expectErrors(await get(harbourview(), format, `/requests/${id}`), format, 404)
      }
    },
  )
})
