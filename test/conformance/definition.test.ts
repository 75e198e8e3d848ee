import { describe, expect, test } from 'vitest'
import { get, post, sendRawRequest } from './client.js'
import { findServiceWith, getDefinitions, getServices } from './explore.js'
import {
  describeResponse,
  expectErrors,
  expectObject,
  expectOk,
  getRecords,
  getText,
  parsePlain,
} from './response.js'
import { LAMP } from './rivertown.js'
import { targets } from './targets.js'

const MEMBERS = ['variable', 'code', 'datatype', 'required', 'datatype_description', 'order', 'description']
const DATATYPES = ['string', 'number', 'datetime', 'text', 'singlevaluelist', 'multivaluelist']

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)
  const getAttributes = async () => (await getDefinitions(target)).flatMap((one) => one.attributes)

  own.for(target.formats)(
    'GR-DEF-01 reads service_code from the path, not from the query, in %s',
    async (format) => {
      const usual = parsePlain(await get(target, format, '/services/STREET-LIGHT'), format)
      expect(
        parsePlain(await get(target, format, '/services/STREET-LIGHT', { service_code: 'POTHOLE' }), format),
      ).toEqual(usual)
      expectErrors(await get(target, format, '/services/none-0', { service_code: 'POTHOLE' }), format, 404)
    },
  )

  test.for(target.formats)(
    'GR-DEF-02 a definition contains the requested service_code, in %s',
    async (format) => {
      for (const one of (await getServices(target)).slice(0, target.own ? 100 : 10)) {
        const code = getText(one, 'service_code')
        const definition = expectObject(
          await get(target, format, `/services/${encodeURIComponent(code)}`),
          format,
        )
        expect(definition.service_code).toBe(code)
        expect(Object.keys(definition)).toEqual(['service_code', 'attributes'])
      }
    },
  )

  test.for(target.formats)(
    'GR-DEF-03 attributes contains the attributes with all their members, in %s',
    async (format) => {
      for (const { code } of await getDefinitions(target)) {
        const definition = expectObject(
          await get(target, format, `/services/${encodeURIComponent(code)}`),
          format,
        )
        for (const attribute of getRecords(definition, 'attributes')) {
          expect(Object.keys(attribute)).toEqual(expect.arrayContaining(MEMBERS))
          expect([...MEMBERS, 'values']).toEqual(expect.arrayContaining(Object.keys(attribute)))
          expect(attribute.code).not.toBe('')
          expect(attribute.description, JSON.stringify(attribute)).not.toBe('')
        }
      }
    },
  )

  own('GR-DEF-04 A-27 an attribute with variable=false needs no value and accepts one', async () => {
    const note = (await getAttributes()).find((one) => one.code === 'SAFETY_NOTE')
    expect(note).toMatchObject({ variable: 'false', required: 'false' })
    expectOk(await post(target, 'json', { ...LAMP }), 'json')
    expectOk(await post(target, 'json', { ...LAMP, 'attribute[SAFETY_NOTE]': 'read' }), 'json')
  })

  test('GR-DEF-04 A-27 an attribute with variable=false is never required', async () => {
    for (const one of await getAttributes())
      if (one.variable === 'false') expect(one.required, JSON.stringify(one)).toBe('false')
  })

  test('GR-DEF-05 datatype is one of the six datatypes of the standard', async () => {
    for (const one of await getAttributes()) expect(DATATYPES).toContain(one.datatype)
  })

  own('GR-DEF-05 the fixture service has all six datatypes', async () => {
    const lamp = (await getDefinitions(target)).find(({ code }) => code === 'STREET-LIGHT')?.attributes ?? []
    const types = Object.fromEntries(lamp.map((one) => [one.code, one.datatype]))
    expect(types).toMatchObject({
      LAMP_NO: 'string',
      LAMP_TYPE: 'singlevaluelist',
      FAULT: 'multivaluelist',
      LAMP_COUNT: 'number',
      SINCE: 'datetime',
      DETAILS: 'text',
    })
    const getKeys = (code: string) =>
      getRecords(lamp.find((one) => one.code === code) ?? {}, 'values').map((one) => one.key)
    expect(getKeys('LAMP_TYPE')).toEqual(['SINGLE', 'DOUBLE', 'WALL'])
    expect(getKeys('FAULT')).toEqual(['DARK', 'FLICKER', 'DAY', 'DAMAGED'])
  })

  own.for(target.formats)('GR-DEF-06 refuses a required attribute without a value, in %s', async (format) => {
    const { 'attribute[LAMP_NO]': _no, ...withoutNo } = LAMP
    const { 'attribute[LAMP_TYPE]': _type, ...withoutType } = LAMP
    expectErrors(await post(target, format, withoutNo), format, 400, /LAMP_NO\b.*\brequired/)
    expectErrors(await post(target, format, withoutType), format, 400, /LAMP_TYPE\b.*\brequired/)
    expectErrors(
      await post(target, format, { ...LAMP, 'attribute[LAMP_NO]': '' }),
      format,
      400,
      /LAMP_NO\b.*\brequired/,
    )
    expectErrors(
      await post(target, format, { ...LAMP, 'attribute[LAMP_NO]': '  ' }),
      format,
      400,
      /LAMP_NO\b.*\brequired/,
    )
  })

  test.skipIf(!target.key || target.own)(
    'GR-DEF-06 refuses a required attribute without a value',
    async ({ skip }) => {
      const code = await findServiceWith(target, (one) => one.required === 'true' && one.variable === 'true')
      if (code === null) skip('no service with a required attribute')
      for (const format of target.formats)
        expectErrors(
          await post(target, format, { service_code: code, address_string: 'Quay Road 12' }),
          format,
          400,
        )
    },
  )

  test('GR-DEF-07 order is a positive integer and unique within the service', async () => {
    for (const { code, attributes } of await getDefinitions(target)) {
      const orders = attributes.map((one) => String(one.order))
      for (const order of orders) expect(order, code).toMatch(/^[1-9]\d*$/)
      expect(new Set(orders).size, code).toBe(orders.length)
    }
  })

  test('GR-DEF-11 A-50 attributes are sorted by order, which counts from 1 without gaps', async () => {
    for (const { code, attributes } of await getDefinitions(target))
      expect(
        attributes.map((one) => one.order),
        code,
      ).toEqual(attributes.map((_, i) => String(i + 1)))
  })

  test.for(target.formats)(
    'GR-DEF-08 A-50 list attributes have values with unique keys, and other attributes have none, in %s',
    async (format) => {
      for (const { code } of await getDefinitions(target)) {
        const response = await get(target, format, `/services/${encodeURIComponent(code)}`)
        for (const attribute of getRecords(expectObject(response, format), 'attributes')) {
          if (!String(attribute.datatype).endsWith('valuelist')) {
            expect(attribute, describeResponse(response)).not.toHaveProperty('values')
            continue
          }
          const values = getRecords(attribute, 'values')
          expect(values.length, JSON.stringify(attribute)).toBeGreaterThan(0)
          for (const value of values) {
            expect(Object.keys(value).sort()).toEqual(['key', 'name'])
            expect([value.key, value.name], JSON.stringify(attribute)).not.toContain('')
          }
          expect(new Set(values.map((one) => one.key)).size).toBe(values.length)
        }
      }
    },
  )

  test.for(target.formats)('GR-DEF-09 sends 404 for an unknown service_code, in %s', async (format) => {
    for (const code of ['none-0', '0', "POTHOLE'", 'none%20such', 'x'.repeat(200)])
      expectErrors(await get(target, format, `/services/${code}`), format, 404)
  })

  own.for(target.formats)('GR-DEF-09 sends 400 for a missing service_code, in %s', async (format) => {
    expectErrors(await sendRawRequest(target, `services/.${format}`), format, 400, /service_code/)
  })

  own('GR-DEF-09 compares service_code exactly', async () => {
    for (const code of ['pothole', 'POTHOL', 'POTHOLE%20x', 'POTHOLE,GRAFFITI', 'POT_OLE', '%25'])
      expectErrors(await get(target, 'json', `/services/${code}`), 'json', 404)
  })

  own.for(target.formats)(
    'GR-DEF-10 A-48 a service without metadata has a definition with no attributes, in %s',
    async (format) => {
      const definition = expectObject(await get(target, format, '/services/POTHOLE'), format)
      expect(definition).toEqual({ service_code: 'POTHOLE', attributes: [] })
    },
  )

  test.skipIf(target.own)(
    'GR-DEF-10 A-48 a service without metadata has a definition with no attributes',
    async ({ skip }) => {
      const service = (await getServices(target)).find((one) => one.metadata === 'false')
      if (!service) return skip('every service has metadata')
      const path = `/services/${encodeURIComponent(getText(service, 'service_code'))}`
      expect(getRecords(expectObject(await get(target, 'xml', path), 'xml'), 'attributes')).toEqual([])
    },
  )

  test('GR-DEF-12 an attribute code is unique and has only letters, digits and underscores', async () => {
    for (const { code, attributes } of await getDefinitions(target)) {
      const codes = attributes.map((one) => one.code)
      for (const one of codes) expect(one, code).toMatch(/^[A-Za-z0-9_]+$/)
      expect(new Set(codes).size, code).toBe(codes.length)
    }
  })

  test('A-50 every attribute has a datatype_description', async () => {
    for (const one of await getAttributes())
      expect(one.datatype_description, JSON.stringify(one)).not.toBe('')
  })
})
