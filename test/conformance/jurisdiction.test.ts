import { describe, expect, test } from 'vitest'
import { type Args, addKey, get, type HttpResponse, post, sendRequest } from './client.js'
import { createMarker, getLocation, getPast, getRecent, getServices } from './explore.js'
import {
  expectErrors,
  expectList,
  expectObject,
  expectOk,
  expectOne,
  first,
  getIds,
  getRecords,
  getText,
} from './response.js'
import { HARBOURVIEW, MILLFIELD, RIVERTOWN } from './rivertown.js'
import type { Format } from './target.js'
import { selectJurisdiction, targets } from './targets.js'

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const withoutJurisdiction = () => selectJurisdiction(target, null)
  const harbourview = () => selectJurisdiction(target, HARBOURVIEW)
  const millfield = () => selectJurisdiction(target, MILLFIELD)
  const location = { address_string: 'Harbour Lane 3' }

  async function submit(service_code: string, at = harbourview()): Promise<string> {
    const response = await post(at, 'json', { service_code, ...location, description: createMarker() })
    const record = expectOne(response, 'json')
    return getText(record, 'service_request_id' in record ? 'service_request_id' : 'token')
  }

  /** Requests all six operations with the same jurisdiction argument. */
  async function requestAll(format: Format, jurisdiction: Args): Promise<HttpResponse[]> {
    const at = withoutJurisdiction()
    const id = await submit('POTHOLE')
    const token = await submit('FERRY')
    const reads = ['/services', '/services/POTHOLE', '/requests', `/requests/${id}`, `/tokens/${token}`]
    const form = addKey(at, {
      service_code: 'POTHOLE',
      ...location,
      ...(jurisdiction as Record<string, string>),
    })
    return [
      ...(await Promise.all(reads.map((path) => get(at, format, path, jurisdiction)))),
      await sendRequest(at, `/requests.${format}`, {}, { form }),
    ]
  }

  own.for(target.formats)(
    'GR-JUR-01 all six operations accept jurisdiction_id if several jurisdictions are served, in %s',
    async (format) => {
      for (const response of await requestAll(format, { jurisdiction_id: HARBOURVIEW }))
        expectOk(response, format)
    },
  )

  own.for(target.formats)(
    'GR-JUR-01 GR-JUR-03 jurisdiction_id is optional if one jurisdiction is served, in %s',
    async (format) => {
      const id = getText(first(await getPast(target)), 'service_request_id')
      for (const args of [{}, { jurisdiction_id: RIVERTOWN }])
        for (const path of ['/services', '/services/STREET-LIGHT', '/requests', `/requests/${id}`])
          expectOk(await get(target, format, path, args), format)
      const form = { service_code: 'POTHOLE', ...(await getLocation(target)) }
      for (const args of [{}, { jurisdiction_id: RIVERTOWN }])
        expectOk(await post(target, format, { ...form, ...args }), format)
    },
  )

  test('GR-JUR-02 a jurisdiction_id is a domain name without www', async () => {
    for (const name of [target.jurisdiction_id, ...(target.own ? [RIVERTOWN, HARBOURVIEW, MILLFIELD] : [])]) {
      if (!name) continue
      expect(name).toMatch(/^(?!www\.)([a-z0-9-]+\.)+[a-z]{2,}$/)
      expectOk(
        await get(
          name === RIVERTOWN ? target : target.own ? withoutJurisdiction() : target,
          'xml',
          '/services',
          {
            jurisdiction_id: name,
          },
        ),
        'xml',
      )
    }
  })

  own.for(target.formats)(
    'GR-JUR-04 A-12 all six operations send 400 for a missing, empty or undefined jurisdiction_id, in %s',
    async (format) => {
      for (const jurisdiction of [{}, { jurisdiction_id: '' }, { jurisdiction_id: 'undefined' }])
        for (const response of await requestAll(format, jurisdiction as Args))
          expectErrors(response, format, 400, /jurisdiction_id/)
    },
  )

  own.for(target.formats)(
    'GR-JUR-05 all six operations send 404 for an unknown jurisdiction, in %s',
    async (format) => {
      for (const response of await requestAll(format, { jurisdiction_id: 'nowhere.example' }))
        expectErrors(response, format, 404, /jurisdiction/)
    },
  )

  own.for(target.formats)(
    'GR-JUR-05 A-12 sends 404 for another jurisdiction if one is served, in %s',
    async (format) => {
      const other = { jurisdiction_id: 'nowhere.example' }
      const id = getText(first(await getRecent(target)), 'service_request_id')
      for (const path of ['/services', '/services/STREET-LIGHT', '/requests', `/requests/${id}`])
        expectErrors(await get(target, format, path, other), format, 404, /jurisdiction/)
      const form = { service_code: 'POTHOLE', ...(await getLocation(target)), ...other }
      expectErrors(await post(target, format, form), format, 404, /jurisdiction/)
    },
  )

  own('A-12 treats the text undefined as no jurisdiction_id', async () => {
    expect((await get(target, 'json', '/services', { jurisdiction_id: 'undefined' })).text).toBe(
      (await get(target, 'json', '/services')).text,
    )
  })

  test.runIf(target.jurisdiction_id && !target.own)(
    'GR-JUR-05 sends 404 for an unknown jurisdiction',
    async () => {
      for (const format of target.formats)
        for (const path of ['/services', '/requests'])
          expectErrors(await get(target, format, path, { jurisdiction_id: 'nowhere.example' }), format, 404)
    },
  )

  own.for(target.formats)(
    'GR-JUR-06 does not find a request of another jurisdiction, in %s',
    async (format) => {
      const id = await submit('POTHOLE')
      expect(expectOne(await get(harbourview(), format, `/requests/${id}`), format).service_request_id).toBe(
        id,
      )
      expectErrors(await get(millfield(), format, `/requests/${id}`), format, 404)
      expect(
        expectList(await get(millfield(), format, '/requests', { service_request_id: id }), format),
      ).toEqual([])
      expect(
        getIds(expectList(await get(harbourview(), format, '/requests', { service_request_id: id }), format)),
      ).toEqual([id])
      expect(getIds(expectList(await get(millfield(), format, '/requests'), format))).not.toContain(id)
      expect(getIds(expectList(await get(harbourview(), format, '/requests'), format))).toContain(id)
    },
  )

  own.for(target.formats)(
    'GR-JUR-06 does not find a token of another jurisdiction, in %s',
    async (format) => {
      const token = await submit('FERRY')
      expect(expectOne(await get(harbourview(), format, `/tokens/${token}`), format).token).toBe(token)
      expectErrors(await get(millfield(), format, `/tokens/${token}`), format, 404)
    },
  )

  own.for(target.formats)(
    'GR-JUR-06 lists only services of the requested jurisdiction, in %s',
    async (format) => {
      const [here, there] = await Promise.all([harbourview(), millfield()].map(getServices))
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
        getRecords(expectObject(await get(harbourview(), format, '/services/FERRY'), format), 'attributes'),
      ).toBeDefined()
      expectErrors(
        await post(harbourview(), format, {
          service_code: 'MILL-RACE',
          ...location,
          jurisdiction_id: HARBOURVIEW,
        }),
        format,
        404,
        /service_code/,
      )
    },
  )

  own(
    'GR-JUR-06 a service_code that two jurisdictions share has the service_name of the requested one',
    async () => {
      for (const at of [harbourview(), millfield()]) {
        const mine = (await getServices(at)).find((one) => one.service_code === 'POTHOLE')
        const response = await post(at, 'xml', {
          service_code: 'POTHOLE',
          ...location,
          jurisdiction_id: String(at.jurisdiction_id),
        })
        const record = expectOne(
          await get(at, 'xml', `/requests/${getText(expectOne(response, 'xml'), 'service_request_id')}`),
          'xml',
        )
        expect(record.service_name).toBe(mine?.service_name)
      }
    },
  )

  own.for(target.formats)(
    'GR-JUR-07 POST accepts jurisdiction_id in the body or in the query, in %s',
    async (format) => {
      const at = withoutJurisdiction()
      const form = addKey(at, { service_code: 'POTHOLE', ...location })
      const inBody = await sendRequest(
        at,
        `/requests.${format}`,
        {},
        { form: [...form, ['jurisdiction_id', MILLFIELD]] },
      )
      const inQuery = await sendRequest(at, `/requests.${format}`, { jurisdiction_id: MILLFIELD }, { form })
      for (const response of [inBody, inQuery]) {
        const id = getText(expectOne(response, format), 'service_request_id')
        expect(expectOne(await get(millfield(), format, `/requests/${id}`), format).service_request_id).toBe(
          id,
        )
        expectErrors(await get(harbourview(), format, `/requests/${id}`), format, 404)
      }
    },
  )
})
