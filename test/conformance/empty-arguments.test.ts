import { describe, expect, test } from 'vitest'
import { expectErrors, expectOk, first, ids, listOf, plain, word } from './answer.js'
import { get, post } from './client.js'
import { past, pastWindow, place, settled } from './exploring.js'
import { targets } from './targets.js'

describe.each(targets)('$name', (target) => {
  const own = test.skipIf(!target.own)

  test.for(['jurisdiction_id', 'service_code', 'status', 'service_request_id', 'api_key'])(
    'GR-GEN-05 an empty %s is the same as none on LIST',
    async (name) => {
      if (name === 'jurisdiction_id' && target.jurisdiction_id) return // there an empty one is refused: GR-JUR-04
      for (const format of target.formats) {
        const without = listOf(await get(target, format, '/requests', pastWindow()), format)
        expect(
          listOf(await get(target, format, '/requests', { ...pastWindow(), [name]: '' }), format),
        ).toEqual(without)
      }
    },
  )

  test.for(['start_date', 'end_date'])('GR-GEN-05 an empty %s is the same as none on LIST', async (name) => {
    const asked = async (args: Record<string, string>) =>
      ids(listOf(await get(target, 'xml', '/requests', args), 'xml'))
    const both = { start_date: '', end_date: '' }
    const [without, empty] = await settled(
      () => asked({}),
      () => asked({ [name]: '' }),
    )
    expect(empty).toEqual(without)
    const [, neither] = await settled(
      () => asked({}),
      () => asked(both),
    )
    expect(neither.length).toBe(without.length)
    const { [name as 'start_date']: _, ...other } = pastWindow(170, 100) // far enough back to stand still
    expect(await asked({ ...other, [name]: '' })).toEqual(await asked(other as Record<string, string>))
  })

  own.for(target.formats)(
    'GR-GEN-05 A-12 an empty jurisdiction_id is the same as none everywhere, in %s',
    async (format) => {
      const id = word(first(await past(target)), 'service_request_id')
      for (const path of ['/services', '/services/STREET-LIGHT', `/requests/${id}`])
        expect(plain(await get(target, format, path, { jurisdiction_id: '' }), format)).toEqual(
          plain(await get(target, format, path), format),
        )
      const form = { service_code: 'POTHOLE', ...(await place(target)), jurisdiction_id: '' }
      expectOk(await post(target, format, form), format)
    },
  )

  own('GR-GEN-05 every optional POST argument may be empty', async () => {
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

  own('GR-GEN-05 an empty required argument is a missing one', async () => {
    const form = {
      service_code: 'STREET-LIGHT',
      lat: '',
      long: '',
      address_string: '',
      'attribute[LAMP_NO]': '',
      'attribute[LAMP_TYPE]': '',
    }
    const told = expectErrors(
      await post(target, 'json', form),
      'json',
      400,
      /LAMP_NO/,
      /LAMP_TYPE/,
      /address_string|lat\b/,
    )
    expect(told.length).toBeGreaterThanOrEqual(3)
  })
})
