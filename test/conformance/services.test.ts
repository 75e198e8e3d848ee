import { describe, expect, test } from 'vitest'
import { get, post } from './client.js'
import { findPlainService, getLocation, getServices } from './explore.js'
import {
  describeResponse,
  expectList,
  expectObject,
  expectOne,
  getRecords,
  getText,
  parsePlain,
} from './response.js'
import { targets } from './targets.js'

const MEMBERS = ['service_code', 'service_name', 'description', 'metadata', 'type', 'keywords', 'group']

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const posting = test.skipIf(!target.key)

  test.for(target.formats)('GR-SVC-01 lists services, in %s', async (format) => {
    expect(expectList(await get(target, format, '/services'), format).length).toBeGreaterThan(0)
  })

  own.for(target.formats)(
    'GR-SVC-01 lists every service of the fixture city with its type, in %s',
    async (format) => {
      const list = expectList(await get(target, format, '/services'), format)
      const type = Object.fromEntries(list.map((one) => [one.service_code, one.type]))
      expect(type).toMatchObject({
        POTHOLE: 'realtime',
        GRAFFITI: 'realtime',
        'STREET-LIGHT': 'realtime',
        'BULK-PICKUP': 'batch',
        'ANON-TIP': 'blackbox',
      })
      expect(Object.keys(type)).toEqual(expect.arrayContaining(['ENCAMPMENT', 'DANGEROUS-DOG', 'WEBSITE']))
      expect(list.length).toBeGreaterThanOrEqual(30)
    },
  )

  test.for(target.formats)('GR-SVC-02 ignores other arguments, in %s', async (format) => {
    const usual = parsePlain(await get(target, format, '/services'), format)
    for (const args of [
      { nonsense: 'x' },
      { service_code: 'none-0' },
      { status: 'banana' },
      { start_date: 'banana' },
    ])
      expect(parsePlain(await get(target, format, '/services', args), format)).toEqual(usual)
  })

  test.for(target.formats)('GR-SVC-03 every service has the seven members, in %s', async (format) => {
    for (const one of expectList(await get(target, format, '/services'), format)) {
      expect(Object.keys(one)).toEqual(expect.arrayContaining(MEMBERS))
      for (const name of ['service_code', 'service_name', 'metadata', 'type'])
        expect(one[name], JSON.stringify(one)).not.toBe('')
    }
  })

  test('GR-SVC-04 A-49 metadata is true if and only if the definition has an attribute', async () => {
    for (const one of (await getServices(target)).slice(0, target.own ? 100 : 10)) {
      const path = `/services/${encodeURIComponent(getText(one, 'service_code'))}`
      const definition = expectObject(await get(target, 'xml', path), 'xml')
      expect(getRecords(definition, 'attributes').length > 0, path).toBe(one.metadata === 'true')
    }
  })

  test.for(target.formats)('GR-SVC-05 type is realtime, batch or blackbox, in %s', async (format) => {
    for (const one of expectList(await get(target, format, '/services'), format))
      expect(['realtime', 'batch', 'blackbox']).toContain(one.type)
  })

  posting.for([
    ['realtime', 'service_request_id', 'token'],
    ['batch', 'token', 'service_request_id'],
  ] as const)(
    'GR-SVC-05 GR-POST-12 POST to a %s service returns only a %s',
    async ([type, member, other], { skip }) => {
      const service_code = await findPlainService(target, type)
      if (service_code === null) skip(`no ${type} service without attributes`)
      for (const format of target.formats) {
        const response = await post(target, format, { service_code, ...(await getLocation(target)) })
        const record = expectOne(response, format)
        expect(record[member], describeResponse(response)).toBeTruthy()
        expect(record, describeResponse(response)).not.toHaveProperty(other)
      }
    },
  )

  posting(
    'GR-SVC-05 GR-POST-12 POST to a blackbox service returns neither id nor token',
    async ({ skip }) => {
      const service_code = await findPlainService(target, 'blackbox')
      if (service_code === null) skip('no blackbox service without attributes')
      for (const format of target.formats) {
        const record = expectOne(
          await post(target, format, { service_code, ...(await getLocation(target)) }),
          format,
        )
        expect(record).not.toHaveProperty('service_request_id')
        expect(record).not.toHaveProperty('token')
      }
    },
  )

  test('GR-SVC-06 A-54 keywords is one text with bare commas between keywords', async () => {
    for (const { keywords } of await getServices(target)) {
      expect(typeof keywords).toBe('string')
      if (keywords)
        for (const one of String(keywords).split(',')) expect(one, String(keywords)).toMatch(/^\S(.*\S)?$/)
    }
    expect(
      (await getServices(target)).some(({ keywords }) => keywords !== ''),
      'no service has keywords',
    ).toBe(true)
  })

  test('GR-SVC-07 A-53 group is one text, and there is no member groups', async () => {
    for (const one of await getServices(target)) {
      expect(typeof one.group).toBe('string')
      expect(one).not.toHaveProperty('groups')
    }
    if (target.own) for (const one of await getServices(target)) expect(one.group).not.toBe('')
  })

  test.runIf(target.formats.includes('json'))(
    'GR-SVC-06 GR-SVC-07 A-03 the texts of a service are strings and never null',
    async () => {
      const list = JSON.parse((await get(target, 'json', '/services')).text) as Record<string, unknown>[]
      for (const one of list)
        for (const name of ['service_code', 'service_name', 'description', 'type', 'keywords', 'group'])
          expect(typeof one[name], `${name} of ${JSON.stringify(one)}`).toBe('string')
    },
  )

  test('GR-SVC-08 a service_code is unique', async () => {
    const codes = (await getServices(target)).map((one) => one.service_code)
    expect(new Set(codes).size).toBe(codes.length)
  })

  test('GR-SVC-08 a service_code needs no encoding and contains no delimiter', async () => {
    for (const one of await getServices(target)) expect(one.service_code).toMatch(/^[A-Za-z0-9_-]{1,64}$/)
  })

  own('GR-SVC-08 A-39 decodes a percent-encoded service_code', async () => {
    for (const code of ['POT%48OLE', '%50%4f%54HOLE', 'STREET%2DLIGHT'])
      expect(expectObject(await get(target, 'json', `/services/${code}`), 'json').service_code).toBe(
        decodeURIComponent(code),
      )
  })

  test('GR-SVC-09 the order of services is stable and the same in every format', async () => {
    const getCodes = (list: { [name: string]: unknown }[]) => list.map((one) => one.service_code)
    const expected = getCodes(expectList(await get(target, 'xml', '/services'), 'xml'))
    expect(getCodes(expectList(await get(target, 'xml', '/services'), 'xml'))).toEqual(expected)
    if (target.formats.includes('json'))
      expect(getCodes(expectList(await get(target, 'json', '/services'), 'json'))).toEqual(expected)
  })

  own('GR-SVC-09 lists the services of a group together', async () => {
    const groups = (await getServices(target)).map((one) => String(one.group))
    const runs = groups.filter((group, i) => group !== groups[i - 1])
    expect(new Set(runs).size).toBe(runs.length)
  })

  test('GR-SVC-10 service names are unique and without blanks around them', async () => {
    for (const format of target.formats) {
      const text = (await get(target, format, '/services')).text
      const names =
        format === 'xml'
          ? [...text.matchAll(/<service_name>([^<]*)</g)].map(([, name]) => name ?? '')
          : (JSON.parse(text) as { service_name: string }[]).map(({ service_name }) => service_name)
      expect(new Set(names).size).toBe(names.length)
      for (const name of names) expect(name).toBe(name.trim())
    }
  })

  own('GR-SVC-03 a request has the service_name of its service', async () => {
    const names = new Map((await getServices(target)).map((one) => [one.service_code, one.service_name]))
    const list = expectList(await get(target, 'xml', '/requests'), 'xml').filter((one) =>
      names.has(one.service_code ?? ''),
    )
    expect(list.length).toBeGreaterThan(0)
    for (const one of list) expect(one.service_name).toBe(names.get(one.service_code ?? ''))
  })
})
