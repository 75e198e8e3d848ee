import { describe, expect, test } from 'vitest'
import { get, post } from './client.js'
import { getLocation, getPast, getPastWindow, readStable } from './explore.js'
import { expectErrors, expectList, expectOk, first, getIds, getText, parsePlain } from './response.js'
import { targets } from './targets.js'

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)

  test.for(['jurisdiction_id', 'service_code', 'status', 'service_request_id', 'api_key'])(
    'GR-GEN-05 GET requests ignores an empty %s',
    async (name) => {
      // A required jurisdiction_id must not be empty (GR-JUR-04).
      if (name === 'jurisdiction_id' && target.jurisdiction_id) return
      for (const format of target.formats) {
        const without = expectList(await get(target, format, '/requests', getPastWindow()), format)
        expect(
          expectList(await get(target, format, '/requests', { ...getPastWindow(), [name]: '' }), format),
        ).toEqual(without)
      }
    },
  )

  test.for(['start_date', 'end_date'])('GR-GEN-05 GET requests ignores an empty %s', async (name) => {
    const listIds = async (args: Record<string, string>) =>
      getIds(expectList(await get(target, 'xml', '/requests', args), 'xml'))
    const both = { start_date: '', end_date: '' }
    const [without, empty] = await readStable(
      () => listIds({}),
      () => listIds({ [name]: '' }),
    )
    expect(empty).toEqual(without)
    const [, neither] = await readStable(
      () => listIds({}),
      () => listIds(both),
    )
    expect(neither.length).toBe(without.length)
    const { [name as 'start_date']: _, ...other } = getPastWindow(170, 100) // Old enough that no test adds requests.
    expect(await listIds({ ...other, [name]: '' })).toEqual(await listIds(other as Record<string, string>))
  })

  own.for(target.formats)(
    'GR-GEN-05 A-12 every operation ignores an empty jurisdiction_id, in %s',
    async (format) => {
      const id = getText(first(await getPast(target)), 'service_request_id')
      for (const path of ['/services', '/services/STREET-LIGHT', `/requests/${id}`])
        expect(parsePlain(await get(target, format, path, { jurisdiction_id: '' }), format)).toEqual(
          parsePlain(await get(target, format, path), format),
        )
      const form = { service_code: 'POTHOLE', ...(await getLocation(target)), jurisdiction_id: '' }
      expectOk(await post(target, format, form), format)
    },
  )

  own('GR-GEN-05 POST accepts empty optional arguments', async () => {
    const empty = Object.fromEntries(
      [
        'address_string',
        'address_id',
        'email',
        'device_id',
        'account_id',
        'first_name',
        'last_name',
        'phone',
        'description',
        'media_url',
        'attribute[FAULT]',
        'attribute[FAULT][]',
        'attribute[LAMP_COUNT]',
        'attribute[SINCE]',
        'attribute[DETAILS]',
        'attribute[NO_SUCH]',
      ].map((name) => [name, '']),
    )
    const form = {
      service_code: 'STREET-LIGHT',
      lat: '40.1',
      long: '-91.5',
      'attribute[LAMP_NO]': 'K-1',
      'attribute[LAMP_TYPE]': 'WALL',
    }
    expectOk(await post(target, 'json', { ...form, ...empty }), 'json')
  })

  own('GR-GEN-05 POST treats an empty required argument as missing', async () => {
    const form = {
      service_code: 'STREET-LIGHT',
      lat: '',
      long: '',
      address_string: '',
      'attribute[LAMP_NO]': '',
      'attribute[LAMP_TYPE]': '',
    }
    const errors = expectErrors(
      await post(target, 'json', form),
      'json',
      400,
      /LAMP_NO/,
      /LAMP_TYPE/,
      /address_string|lat\b/,
    )
    expect(errors.length).toBeGreaterThanOrEqual(3)
  })
})
